-- Put an article into its buckets and return whom they hold, in one atomic step.
-- KEYS: 1 the article's entry, 2 the counter of arrivals, 3 the index's parameters,
--       4 the zset of all article ids
-- ARGV: 1 the index's prefix (bucket and id keys are built from it: an article that leaves its
--         old buckets finds their names only here), 2 id, 3 revision,
--       4 "1" if the revision continues the one before, 5 the slots, six bytes each,
--       6 the greatest number of members in a bucket, 7 what the parameters must be,
--       8 the arrival number that the article's record names (empty: none)
-- Returns {arrival, {id, arrival, number of shared slots, of those in full buckets, id, …}} of all
-- others. An error that begins with DAMAGED says what is wrong with the index; nothing was written
-- then.
local prefix, id, revision, slots = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[5]
local cap, known = tonumber(ARGV[6]) * 4, tonumber(ARGV[8])

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

local function damaged(what)
  return redis.error_reply('DAMAGED ' .. what)
end

-- First all that is read: what is damaged must be found before anything is written.
local parameters, last = redis.call('GET', KEYS[3]), redis.call('GET', KEYS[2])
if not parameters and not last and redis.call('ZCARD', KEYS[4]) == 0 then
  redis.call('SET', KEYS[3], ARGV[7])
  redis.call('SET', KEYS[2], '0')
  parameters, last = ARGV[7], '0'
end
if not parameters then return damaged('its parameters are missing') end
if parameters ~= ARGV[7] then return damaged('it has other parameters, or is being rebuilt') end
if not last then return damaged('its counter of arrivals is missing') end
last = last:match('^%d+$') and tonumber(last)
if not last or last >= 4294967295 then return damaged('its counter of arrivals is wrong') end

local entry = redis.call('GET', KEYS[1])
if entry and (#entry < 8 or #entry % 6 ~= 2) then return damaged('an entry is cut') end
local arrival, stored, is_stale, is_new = nil, nil, false, false
if entry then
  arrival, stored = number(entry, 1), number(entry, 5)
  is_stale = stored > revision
  if known and not is_stale and known ~= arrival then
    return damaged('an entry has another arrival number than its article')
  end
  is_new = not (known or is_stale or stored == revision or ARGV[4] == '1')
else
  arrival, is_new = known, not known
end
local left = entry and not is_stale and (is_new or entry:sub(9) ~= slots)
local before = arrival
if is_new then
  arrival = last + 1
elseif arrival > last then
  return damaged('its counter of arrivals is behind the articles')
end
local name = redis.call('HGET', names_of(arrival))
if name and (is_new or name ~= id) then return damaged('an arrival number is given twice') end

local packed = struct.pack('>I4', arrival)
local keys, fields, read, shared, crowded = {}, {}, {}, {}, {}
for i = 1, #slots, 6 do
  local key, field = bucket(slots, i)
  local members = redis.call('HGET', key, field) or ''
  if #members % 4 ~= 0 then return damaged('a bucket is cut') end
  keys[i], fields[i], read[i] = key, field, members
  local others = {}
  for j = 1, #members, 4 do
    local other = number(members, j)
    if other ~= arrival and other ~= before then
      others[#others + 1] = other
      shared[other] = (shared[other] or 0) + 1
    end
  end
  if #others >= cap / 4 - 1 then
    for _, other in ipairs(others) do
      crowded[other] = (crowded[other] or 0) + 1
    end
  end
end
local found = {}
for other, count in pairs(shared) do
  local met = redis.call('HGET', names_of(other))
  if not met then return damaged('a bucket has a member without a name') end
  if met ~= id then
    if redis.call('GETRANGE', prefix .. ':entry:' .. met, 0, 3) ~= struct.pack('>I4', other) then
      return damaged('the member of a bucket has no entry')
    end
    found[#found + 1] = met
    found[#found + 1] = other
    found[#found + 1] = count
    found[#found + 1] = crowded[other] or 0
  end
end
if is_stale then
  return {arrival, found}
end

if is_new then
  redis.call('SET', KEYS[2], string.format('%d', arrival))
  if before then
    redis.call('HDEL', names_of(before))
  end
end
if left then
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
for i = 1, #slots, 6 do
  local members = left and (redis.call('HGET', keys[i], fields[i]) or '') or read[i]
  if #members < cap and not place_of(members, packed) then
    redis.call('HSET', keys[i], fields[i], members .. packed)
  end
end
redis.call('SET', KEYS[1], packed .. struct.pack('>I4', revision) .. slots)
local key, field = names_of(arrival)
redis.call('HSET', key, field, id)
return {arrival, found}
