-- Give an article of an index on a cluster its number and its entry, and put it into the waiting
-- room until its buckets, which are elsewhere, are written; return whom it meets there.
-- The waiting room holds for each arrival number: the number of new slots (4 bytes), those (6 bytes
-- each), and the places to leave (a member of 4 bytes and a slot of 6 each).
-- KEYS: 1 the article's entry, 2 the counter of arrivals, 3 the index's parameters, 4 the waiting
--       room
-- ARGV: 1 the prefix of names and entries, 2 id, 3 revision, 4 "1" if the revision continues the
--       one before, 5 the slots, 6 what the parameters must be, 7 the arrival number that the
--       article's record names (empty: none), 8 how many may wait (empty: nobody waits, as the
--       index is being rebuilt), 9 how far behind an article may be before others complete it,
--       10 how many of these are returned
-- Returns {arrival (0: too many wait, nothing was written), what waits of it (empty: nothing, as a
-- later revision is in the index), {id, arrival, number of shared slots, …} of those that wait,
-- {id, arrival, what waits, …} of those that others should complete}. An error that begins with
-- DAMAGED says what is wrong with the index; nothing was written then.
local prefix, id, revision, slots = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[5]
local known, room = tonumber(ARGV[7]), tonumber(ARGV[8])
local behind, most = tonumber(ARGV[9]), tonumber(ARGV[10])

local function number(packed, i)
  local a, b, c, d = packed:byte(i, i + 3)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

local function names_of(arrival)
  return prefix .. ':ids:' .. math.floor(arrival / 128), tostring(arrival % 128)
end

local function damaged(what)
  return redis.error_reply('DAMAGED ' .. what)
end

-- First all that is read: what is damaged must be found before anything is written.
local parameters, last = redis.call('GET', KEYS[3]), redis.call('GET', KEYS[2])
if not parameters then return damaged('its parameters are missing') end
if parameters ~= ARGV[6] then return damaged('it has other parameters, or is being rebuilt') end
if not last then return damaged('its counter of arrivals is missing') end
last = last:match('^%d+$') and tonumber(last)
if not last or last >= 4294967295 then return damaged('its counter of arrivals is wrong') end

local entry = redis.call('GET', KEYS[1])
if entry and (#entry < 8 or #entry % 6 ~= 2) then return damaged('an entry is cut') end
local arrival, is_new, is_stale = known, not known, false
if entry then
  local stored = number(entry, 5)
  arrival, is_stale = number(entry, 1), stored > revision
  if known and not is_stale and known ~= arrival then
    return damaged('an entry has another arrival number than its article')
  end
  is_new = not (known or is_stale or stored == revision or ARGV[4] == '1')
end
local before = arrival
if is_new then
  arrival = last + 1
elseif arrival > last then
  return damaged('its counter of arrivals is behind the articles')
end
local name = redis.call('HGET', names_of(arrival))
if name and (is_new or name ~= id) then return damaged('an arrival number is given twice') end

local own = {}
for i = 1, #slots, 6 do
  own[slots:sub(i, i + 5)] = true
end
local waiting = room and redis.call('HGETALL', KEYS[4]) or {}
local met, left, begun = {}, {}, ''
for w = 1, #waiting, 2 do
  local other, places = tonumber(waiting[w]), waiting[w + 1]
  local size = #places >= 4 and number(places, 1) * 6
  if not other or not size or (#places - 4 - size) % 10 ~= 0 then
    return damaged('what waits in it is cut')
  end
  if other == before then
    begun = places
  else
    local count = 0
    for i = 5, 4 + size, 6 do
      if own[places:sub(i, i + 5)] then count = count + 1 end
    end
    left[#left + 1] = {other, places, count}
  end
end
table.sort(left, function(a, b) return a[1] < b[1] end)
local is_full = room and begun == '' and #left >= room
local helped = {}
for i, waits in ipairs(left) do
  local other, places, count = waits[1], waits[2], waits[3]
  local is_helped = i <= most and (is_full or other + behind < arrival)
  local name = (count > 0 or is_helped) and redis.call('HGET', names_of(other))
  if name == false and (count > 0 or is_helped) then return damaged('who waits in it has no name') end
  if count > 0 and name ~= id then
    met[#met + 1] = name
    met[#met + 1] = other
    met[#met + 1] = count
  end
  if is_helped then
    helped[#helped + 1] = name
    helped[#helped + 1] = other
    helped[#helped + 1] = places
  end
end
if is_stale then return {arrival, '', met, helped} end
if is_full then return {0, '', {}, helped} end

-- What a call that came between these two begun is taken over: its new places are left, too, or
-- are those of this one.
local packed, leave = struct.pack('>I4', arrival), {}
local function leaves(member, from, i, j)
  for at = i, j, 6 do
    local slot = from:sub(at, at + 5)
    if member ~= packed or not own[slot] then leave[#leave + 1] = member .. slot end
  end
end
if entry and room then
  leaves(entry:sub(1, 4), entry, 9, #entry)
end
if begun ~= '' then
  local size = number(begun, 1) * 6
  for at = 5 + size, #begun, 10 do
    leaves(begun:sub(at, at + 3), begun, at + 4, at + 4)
  end
end
local places = struct.pack('>I4', #slots / 6) .. slots .. table.concat(leave)

if is_new then
  redis.call('SET', KEYS[2], string.format('%d', arrival))
end
local key, field = names_of(arrival)
redis.call('HSET', key, field, id)
if room then
  if begun ~= '' and before ~= arrival then
    redis.call('HDEL', KEYS[4], string.format('%d', before))
  end
  redis.call('HSET', KEYS[4], string.format('%d', arrival), places)
end
redis.call('SET', KEYS[1], packed .. struct.pack('>I4', revision) .. slots)
return {arrival, places, met, helped}
