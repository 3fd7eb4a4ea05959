-- Set fields of an article's hash if nobody has changed it since it was read.
-- KEYS: 1 the article's hash
-- ARGV: 1 the version that was read, 2 "1" if this counts as a change, then fields and values
-- Returns 1 if written, 0 if not.
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then
  return 0
end
for i = 3, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
if ARGV[2] == '1' then
  redis.call('HINCRBY', KEYS[1], 'version', 1)
end
return 1
