-- Write what was decided of stories, all of them or none, if the stored versions are those seen.
-- KEYS: the stories' hashes
-- ARGV: for each in the same order: version seen (0: none yet), new version, story (JSON)
-- Returns 1 if written, 0 if not.
for i, key in ipairs(KEYS) do
  if (redis.call('HGET', key, 'version') or '0') ~= ARGV[3 * i - 2] then
    return 0
  end
end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'version', ARGV[3 * i - 1], 'story', ARGV[3 * i])
end
return 1
