-- Remember an article among the last ones of its site, and the story it tells in the place of those
-- that go by one of its names.
-- KEYS: 1 the site's zset of articles, 2 the site's list of stories
-- ARGV: 1 the article's id, 2 its arrival number, 3 the greatest number of articles,
--       4 the story: its name, its article's name, its blocks, four bytes each (empty: none),
--       5 the names of its kin, four bytes each (blocks that stand in one of those are left out),
--       6 the greatest number of stories, 7 seconds after which those of a silent site are forgotten
local function set_of(packed, first)
  local set = {}
  for i = first, #packed, 4 do
    set[packed:sub(i, i + 3)] = true
  end
  return set
end

redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[3]))

local new, kin, most = ARGV[4], set_of(ARGV[5], 1), tonumber(ARGV[6])
if new == '' then
  return
end
local names = set_of(new:sub(1, 8), 1)
local place, counted, kept = nil, {}, {}
for _, story in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  local name, article = story:sub(1, 4), story:sub(5, 8)
  if names[name] or names[article] then
    if not place then
      kept[#kept + 1] = ''
      place = #kept
    end
  else
    kept[#kept + 1] = story
    if kin[name] or kin[article] then
      for i = 9, #story, 4 do
        counted[story:sub(i, i + 3)] = true
      end
    end
  end
end

local parts = { new:sub(1, 8) }
for i = 9, #new, 4 do
  local block = new:sub(i, i + 3)
  if not counted[block] then
    parts[#parts + 1] = block
  end
end
kept[place or #kept + 1] = table.concat(parts)

redis.call('DEL', KEYS[2])
for i = math.max(1, #kept - most + 1), #kept do
  redis.call('RPUSH', KEYS[2], kept[i])
end
redis.call('EXPIRE', KEYS[2], ARGV[7])
