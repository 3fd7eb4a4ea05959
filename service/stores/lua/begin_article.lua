-- Write a pending revision of an article, unless its present one has the same content.
-- The first article of an archive begins its index, too: from then on one without parameters and
-- counter has been lost.
-- KEYS: 1 the article's hash, 2 the zset of all article ids, 3 the index's parameters, 4 its counter
-- ARGV: 1 id, 2 digest, 3 received_at, 4 submission, 5 cleaned, 6 continues ("1" or "0"),
--       7 the parameters
-- Returns the hash as it stands afterwards, as a flat list of fields and values.
local digest = redis.call('HGET', KEYS[1], 'digest')
if digest ~= ARGV[2] then
  if digest then
    local superseded = redis.call('HGET', KEYS[1], 'superseded')
    redis.call('HSET', KEYS[1], 'superseded', (superseded and superseded .. ' ' or '') .. digest,
      'former', redis.call('HGET', KEYS[1], 'cleaned'))
  end
  redis.call('HINCRBY', KEYS[1], 'revision', 1)
  redis.call('HINCRBY', KEYS[1], 'version', 1)
  redis.call('HSET', KEYS[1], 'digest', ARGV[2], 'received_at', ARGV[3], 'submission', ARGV[4],
    'cleaned', ARGV[5], 'continues', ARGV[6], 'outcome', '')
  if ARGV[6] ~= '1' then
    redis.call('HDEL', KEYS[1], 'arrival')
  end
  if not digest then
    local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
    if not last[1] then
      redis.call('SET', KEYS[3], ARGV[7], 'NX')
      redis.call('SET', KEYS[4], '0', 'NX')
    end
    redis.call('ZADD', KEYS[2], 'NX', (tonumber(last[2]) or 0) + 1, ARGV[1])
  end
end
return redis.call('HGETALL', KEYS[1])
