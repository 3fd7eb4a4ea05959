-- Write an article's record if the stored one is the one that was seen.
-- The first article of an archive begins its index, too: from then on one without parameters and
-- counter has been lost.
-- KEYS: 1 the article's record, 2 the zset of all article ids, 3 the article's source,
--       4 the index's parameters, 5 its counter, 6 the zset of when articles expire
-- ARGV: 1 id, 2 the seal of the record that was seen (empty: there is none yet), 3 the record,
--       4 the source (empty: it stays as it is), 5 the index's parameters,
--       6 the day on which the article expires (empty: never), 7 when its source expires, in seconds
--         since 1970 (empty: with the article)
-- Returns 1 if written, 0 if not.
if redis.call('TYPE', KEYS[1]).ok == 'hash' then
  -- A record of an older version; its seal begins with its version.
  if ARGV[2] == '' or struct.unpack('>I4', ARGV[2]) ~= tonumber(redis.call('HGET', KEYS[1], 'version')) then
    return 0
  end
  redis.call('DEL', KEYS[1])
elseif redis.call('GETRANGE', KEYS[1], 0, 11) ~= ARGV[2] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[3])
if ARGV[4] ~= '' then
  redis.call('SET', KEYS[3], ARGV[4])
end
if ARGV[7] ~= '' then
  redis.call('EXPIREAT', KEYS[3], ARGV[7])
else
  redis.call('PERSIST', KEYS[3])
end
if ARGV[6] ~= '' then
  redis.call('ZADD', KEYS[6], ARGV[6], ARGV[1])
else
  redis.call('ZREM', KEYS[6], ARGV[1])
end
if ARGV[2] == '' then
  local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  if not last[1] then
    redis.call('SET', KEYS[4], ARGV[5], 'NX')
    redis.call('SET', KEYS[5], '0', 'NX')
  end
  redis.call('ZADD', KEYS[2], 'NX', (tonumber(last[2]) or 0) + 1, ARGV[1])
end
return 1
