-- Prolongs a lock that its owner still holds.
-- KEYS  1 the lock, a string: see include/lock-value.lua
-- ARGV  1 owner token  2 how long it lasts from now, ms
-- Returns 1; 0 when it ended or is another's.

-- include lock-value

if read_lock(redis.call('GET', KEYS[1])) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
