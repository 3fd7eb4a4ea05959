-- One step of a rebuilding, unless somebody else has put a mark of theirs on the index's door.
-- KEYS: 1 the parameters, which are the door, 2 the counter of arrivals, 3… keys to delete
-- ARGV: 1 our mark, 2 what the counter becomes (empty: it stays), 3 what the door becomes (empty:
--       it stays)
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return redis.error_reply('DISTURBED')
end
for i = 3, #KEYS do
  redis.call('UNLINK', KEYS[i])
end
if ARGV[2] ~= '' then
  redis.call('SET', KEYS[2], ARGV[2])
end
if ARGV[3] ~= '' then
  redis.call('SET', KEYS[1], ARGV[3])
end
