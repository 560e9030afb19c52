-- Takes a lock, for somebody who may have taken it before without hearing so.
-- KEYS  1 the lock, a string
-- ARGV  1 owner token  2 how long it lasts, ms
-- Returns -2 when the owner has it; otherwise the ms until it ends, -1 when it never does.

if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then
  return -2
end
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return -2
end
return math.max(-1, redis.call('PTTL', KEYS[1]))
