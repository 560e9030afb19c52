-- Writes a tombstone and removes the entry below it. A tombstone that stands is neither lowered nor shortened.
-- KEYS  1 the entry, a hash  2 the tombstone, a string
-- ARGV  1 version  2 how long it stands, ms
-- Returns 1.

local entry = redis.call('HGET', KEYS[1], 'version')
local version, lasts = tonumber(ARGV[1]), tonumber(ARGV[2])
local standing = redis.call('GET', KEYS[2])
if standing then
  version = math.max(version, tonumber(standing))
  lasts = math.max(lasts, redis.call('PTTL', KEYS[2]))
end
redis.call('SET', KEYS[2], string.format('%.0f', version), 'PX', string.format('%.0f', lasts))
if entry and tonumber(entry) < version then
  redis.call('DEL', KEYS[1])
end
return 1
