-- Let an article be a member of one story, or of none.
-- KEYS: 1 the name of the story that the article is in, 2 the zset of members of the new story,
--       3 the zset of their links (none of both: it leaves)
-- ARGV: 1 what names a story's members begin with, 2 what names of its links begin with (the story
--         that an article leaves is known only here), 3 article id, 4 story, 5 arrival number, 6 link
local before = redis.call('GET', KEYS[1])
if before and before ~= ARGV[4] then
  redis.call('ZREM', ARGV[1] .. before, ARGV[3])
  redis.call('ZREM', ARGV[2] .. before, ARGV[3])
end
if KEYS[2] then
  redis.call('SET', KEYS[1], ARGV[4])
  redis.call('ZADD', KEYS[2], ARGV[5], ARGV[3])
  redis.call('ZADD', KEYS[3], ARGV[6], ARGV[3])
else
  redis.call('DEL', KEYS[1])
end
