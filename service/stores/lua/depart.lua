-- Take an article that has left its buckets out of the head of an index on a cluster.
-- KEYS: 1 the article's entry, 2 the index's parameters, 3 the waiting room
-- ARGV: 1 the prefix of names and entries, 2 what the parameters must be, 3 the arrival number of
--       the article that is meant (empty: that of the entry), 4 the entry that was seen, whose
--       buckets it has left (empty: none was), 5 what waited of it then (empty: nothing)
-- Returns {the entry, what waits of it} if they are others than those seen, so that there are
-- buckets to leave; nothing of it was written then. Both are empty if the article is gone, or its
-- entry is of one that came later under the same id. An error that begins with DAMAGED says what is
-- wrong with the index.
local prefix = ARGV[1]

local function forget(member)
  redis.call('HDEL', prefix .. ':ids:' .. math.floor(member / 128), tostring(member % 128))
end

if redis.call('GET', KEYS[2]) ~= ARGV[2] then
  return redis.error_reply('DAMAGED it has no or other parameters, or is being rebuilt')
end
local entry = redis.call('GET', KEYS[1])
if not entry then return {'', ''} end
if #entry < 8 or #entry % 6 ~= 2 then return redis.error_reply('DAMAGED an entry is cut') end
local arrival = struct.unpack('>I4', entry)
if ARGV[3] ~= '' and arrival ~= tonumber(ARGV[3]) then return {'', ''} end
local field = string.format('%d', arrival)
local waits = redis.call('HGET', KEYS[3], field) or ''
if entry ~= ARGV[4] or waits ~= ARGV[5] then return {entry, waits} end

forget(arrival)
if waits ~= '' then
  for i = 5 + struct.unpack('>I4', waits) * 6, #waits, 10 do
    forget(struct.unpack('>I4', waits, i))
  end
  redis.call('HDEL', KEYS[3], field)
end
redis.call('DEL', KEYS[1])
return {'', ''}
