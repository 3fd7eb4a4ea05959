-- Put an article into those of its buckets that are in one part of an index on a cluster, take it
-- out of others there, and return whom they hold, in one atomic step.
-- KEYS: 1 the part's parameters
-- ARGV: 1 the part's prefix, 2 what the parameters must be, 3 the greatest number of members in a
--       bucket, 4 the member, four bytes, 5 the slots, six bytes each, 6 the
--       places to leave: a member and a slot each, 7 "1" if nothing is entered
-- Returns {member's arrival, number of shared slots, of those in full buckets, …} of all others. An
-- error that begins with DAMAGED says what is wrong with the index.
local prefix, cap, member, slots, leave = ARGV[1], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]

local function bucket(packed, i)
  local band, high, low = packed:byte(i), packed:byte(i + 1), packed:byte(i + 2)
  return string.format('%s:b:%02x%02x%02x', prefix, band, high, low), packed:sub(i + 3, i + 5)
end

local function place_of(members, member)
  for i = 1, #members, 4 do
    if members:sub(i, i + 3) == member then return i end
  end
end

local function damaged(what)
  return redis.error_reply('DAMAGED ' .. what)
end

local parameters = redis.call('GET', KEYS[1])
if not parameters then return damaged('the parameters of a part are missing') end
if parameters ~= ARGV[2] then return damaged('it has other parameters, or is being rebuilt') end

for i = 1, #leave, 10 do
  local key, field = bucket(leave, i + 4)
  local members = redis.call('HGET', key, field)
  local place = members and place_of(members, leave:sub(i, i + 3))
  if place then
    members = members:sub(1, place - 1) .. members:sub(place + 4)
    if members == '' then
      redis.call('HDEL', key, field)
    else
      redis.call('HSET', key, field, members)
    end
  end
end

local shared, crowded = {}, {}
for i = 1, #slots, 6 do
  local key, field = bucket(slots, i)
  local members = redis.call('HGET', key, field) or ''
  if #members % 4 ~= 0 then return damaged('a bucket is cut') end
  local others = {}
  for j = 1, #members, 4 do
    local other = members:sub(j, j + 3)
    if other ~= member then
      others[#others + 1] = other
      shared[other] = (shared[other] or 0) + 1
    end
  end
  if #others >= cap - 1 then
    for _, other in ipairs(others) do
      crowded[other] = (crowded[other] or 0) + 1
    end
  end
  if ARGV[7] ~= '1' and #members < cap * 4 and not place_of(members, member) then
    redis.call('HSET', key, field, members .. member)
  end
end
local found = {}
for other, count in pairs(shared) do
  found[#found + 1] = struct.unpack('>I4', other)
  found[#found + 1] = count
  found[#found + 1] = crowded[other] or 0
end
return found
