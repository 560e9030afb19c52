-- Replaces the header of the expected version.
-- KEYS  1 the header, a hash
-- ARGV  1 token of this write  2 value  3 expected version  4 new version
-- Returns 1, also when this very write was sent twice; 0 for another version or none.

local stored = redis.call('HMGET', KEYS[1], 'version', 'write')
if stored[2] == ARGV[1] then
  return 1
end
if stored[1] ~= ARGV[3] then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[4], 'write', ARGV[1], 'value', ARGV[2])
return 1
