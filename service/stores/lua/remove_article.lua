-- Take an article out of the index, and return whom its buckets hold besides.
-- KEYS: 1 the article's entry, 2 the index's parameters
-- ARGV: 1 the index's prefix (bucket and id keys are built from it), 2 id, 3 the slots in which
--         others are looked for, six bytes each, 4 what the parameters must be,
--       5 the arrival number of the article that is meant (empty: that of the entry)
-- Returns {id, arrival, number of shared slots, id, …} of all others. An entry with another arrival
-- number is of an article that came later under the same id: it stays. An error that begins with
-- DAMAGED says what is wrong with the index; nothing was written then.
local prefix, id, slots = ARGV[1], ARGV[2], ARGV[3]

local function bucket(packed, i)
  local band, high, low = packed:byte(i), packed:byte(i + 1), packed:byte(i + 2)
  return string.format('%s:b:%02x%02x%02x', prefix, band, high, low), packed:sub(i + 3, i + 5)
end

local function names_of(arrival)
  return prefix .. ':ids:' .. math.floor(arrival / 128), tostring(arrival % 128)
end

local function place_of(members, member)
  for i = 1, #members, 4 do
    if members:sub(i, i + 3) == member then return i end
  end
end

if redis.call('GET', KEYS[2]) ~= ARGV[4] then
  return redis.error_reply('DAMAGED it has no or other parameters, or is being rebuilt')
end
local entry = redis.call('GET', KEYS[1])
if entry and (#entry < 8 or #entry % 6 ~= 2) then
  return redis.error_reply('DAMAGED an entry is cut')
end
if entry and (ARGV[5] == '' or struct.unpack('>I4', entry) == tonumber(ARGV[5])) then
  local member = entry:sub(1, 4)
  for i = 9, #entry, 6 do
    local key, field = bucket(entry, i)
    local members = redis.call('HGET', key, field)
    local place = members and place_of(members, member)
    if place then
      members = members:sub(1, place - 1) .. members:sub(place + 4)
      if members == '' then
        redis.call('HDEL', key, field)
      else
        redis.call('HSET', key, field, members)
      end
    end
  end
  redis.call('HDEL', names_of(struct.unpack('>I4', member)))
  redis.call('DEL', KEYS[1])
end

local shared = {}
for i = 1, #slots, 6 do
  local members = redis.call('HGET', bucket(slots, i)) or ''
  for j = 1, #members - 3, 4 do
    local other = struct.unpack('>I4', members, j)
    shared[other] = (shared[other] or 0) + 1
  end
end
local found = {}
for other, count in pairs(shared) do
  local met = redis.call('HGET', names_of(other))
  if met and met ~= id then
    found[#found + 1] = met
    found[#found + 1] = other
    found[#found + 1] = count
  end
end
return found
