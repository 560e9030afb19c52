-- Stores a cache entry, unless a newer entry or a newer tombstone stands.
-- KEYS  1 the entry, a hash  2 the tombstone, a string
-- ARGV  1 version  2 when it expires, epoch ms  3 fields, JSON  4 sealed token
-- Returns 1; 0 when it lost.

local stored = redis.call('HGET', KEYS[1], 'version')
if stored and tonumber(stored) > tonumber(ARGV[1]) then
  return 0
end
local tombstone = redis.call('GET', KEYS[2])
if tombstone and tonumber(tombstone) > tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'expiresAt', ARGV[2], 'fields', ARGV[3], 'sealed', ARGV[4])
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
return 1
