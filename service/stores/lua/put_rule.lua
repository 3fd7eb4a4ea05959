-- Write a rule for a site if its stored version is the one that was seen.
-- KEYS: 1 the site's hash of rules, 2 zset of the sites that have rules
-- ARGV: 1 the block's key, 2 version seen (0: none yet), 3 rule (JSON), 4 site
-- Returns 1 if written, 0 if not.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local version = stored and cjson.decode(stored).version or 0
if version ~= tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[2], 0, ARGV[4])
return 1
