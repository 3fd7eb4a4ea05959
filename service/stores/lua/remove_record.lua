-- Remove the last of an article, if its record is still the one that was seen.
-- KEYS: 1 the article's record, 2 the zset of all article ids, 3 the article's source,
--       4 the zset of when articles expire
-- ARGV: 1 id, 2 the record's seal
-- Returns 1 if removed, 0 if not.
if redis.call('GETRANGE', KEYS[1], 0, 11) ~= ARGV[2] then
  return 0
end
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
return 1
