-- Prolongs a lock that its owner still holds.
-- KEYS  1 the lock, a string: its owner token, and '|' behind it when somebody waits
-- ARGV  1 owner token  2 how long it lasts from now, ms
-- Returns 1; 0 when it ended or is another's.

local value = redis.call('GET', KEYS[1])
if value == ARGV[1] or value == ARGV[1] .. '|' then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
