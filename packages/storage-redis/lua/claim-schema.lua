-- Marks a key prefix with the schema of its first user.
-- KEYS  1 the mark, a string
-- ARGV  1 this release's schema
-- Returns the schema that stands.

local stored = redis.call('GET', KEYS[1])
if stored then
  return stored
end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
