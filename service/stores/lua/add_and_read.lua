-- Put an article into its buckets and return whom they hold, in one atomic step.
-- KEYS: 1 the article's entry, 2 the counter of arrivals
-- ARGV: 1 the index's prefix (bucket and id keys are built from it: an article that leaves its
--         old buckets finds their names only here), 2 id, 3 revision,
--       4 "1" if the revision continues the one before, 5 the slots, six bytes each,
--       6 the greatest number of members in a bucket
-- Returns {arrival, {id, arrival, number of shared slots, id, …}} of all others.
local prefix, id, revision, slots = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[5]
local cap = tonumber(ARGV[6]) * 4

local function bucket(packed, i)
  local band, high, low = packed:byte(i), packed:byte(i + 1), packed:byte(i + 2)
  return string.format('%s:b:%02x%02x%02x', prefix, band, high, low), packed:sub(i + 3, i + 5)
end

local function number(packed, i)
  local a, b, c, d = packed:byte(i, i + 3)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

local function place_of(members, member)
  for i = 1, #members, 4 do
    if members:sub(i, i + 3) == member then return i end
  end
end

local function names_of(arrival)
  return prefix .. ':ids:' .. math.floor(arrival / 128), tostring(arrival % 128)
end

local entry = redis.call('GET', KEYS[1])
local arrival, stored
if entry then
  arrival, stored = number(entry, 1), number(entry, 5)
end
local is_stale = stored and stored > revision
if not entry or not (is_stale or stored == revision or ARGV[4] == '1') then
  local last = arrival
  arrival = redis.call('INCR', KEYS[2])
  if last then
    redis.call('HDEL', names_of(last))
  end
end
local packed = struct.pack('>I4', arrival)

if entry and not is_stale and entry:sub(9) ~= slots then
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
end

local shared = {}
for i = 1, #slots, 6 do
  local key, field = bucket(slots, i)
  local members = redis.call('HGET', key, field) or ''
  for j = 1, #members, 4 do
    local other = number(members, j)
    if other ~= arrival then
      shared[other] = (shared[other] or 0) + 1
    end
  end
  if not is_stale and #members < cap and not place_of(members, packed) then
    redis.call('HSET', key, field, members .. packed)
  end
end

if not is_stale then
  redis.call('SET', KEYS[1], packed .. struct.pack('>I4', revision) .. slots)
  local key, field = names_of(arrival)
  redis.call('HSET', key, field, id)
end

local found = {}
for other, count in pairs(shared) do
  local name = redis.call('HGET', names_of(other))
  if name then
    found[#found + 1] = name
    found[#found + 1] = other
    found[#found + 1] = count
  end
end
return {arrival, found}
