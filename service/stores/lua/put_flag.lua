-- Write a flag if its stored version is the one that was seen, and list it under its state.
-- KEYS: 1 the flag's hash, 2 zset of all flags, 3 zset of those the later article raised,
--       4 zset of those raised on the earlier one, 5 zset of the new state, 6… of the other states
-- ARGV: 1 flag id, 2 version seen (0: none yet), 3 new version, 4 flag
-- Returns 1 if written, 0 if not.
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[2] then
  return 0
end
local place = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not place then
  local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  place = (tonumber(last[2]) or 0) + 1
  redis.call('ZADD', KEYS[2], place, ARGV[1])
  redis.call('ZADD', KEYS[3], place, ARGV[1])
  redis.call('ZADD', KEYS[4], place, ARGV[1])
end
redis.call('HSET', KEYS[1], 'version', ARGV[3], 'flag', ARGV[4])
for i = 6, #KEYS do
  redis.call('ZREM', KEYS[i], ARGV[1])
end
redis.call('ZADD', KEYS[5], place, ARGV[1])
return 1
