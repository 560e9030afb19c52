-- Writes the store's first header, at version 1.
-- KEYS  1 the header, a hash
-- ARGV  1 token of this write  2 value
-- Returns 1, also when this very write was sent twice; 0 when there is a header already.

local stored = redis.call('HMGET', KEYS[1], 'version', 'write')
if stored[1] then
  return (stored[1] == '1' and stored[2] == ARGV[1]) and 1 or 0
end
redis.call('HSET', KEYS[1], 'version', '1', 'write', ARGV[1], 'value', ARGV[2])
return 1
