-- Takes a lock, for somebody who may have taken it before without hearing so; or marks it as waited for.
-- KEYS  1 the lock, a string: its owner token, and '|' behind it when somebody waits
-- ARGV  1 owner token  2 how long it lasts, ms
-- Returns -2 when the owner has it; otherwise the ms until it ends, -1 when it never does.

if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then
  return -2
end
local value = redis.call('GET', KEYS[1])
if value == ARGV[1] or value == ARGV[1] .. '|' then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return -2
end
if string.sub(value, -1) ~= '|' then
  redis.call('APPEND', KEYS[1], '|')
end
return math.max(-1, redis.call('PTTL', KEYS[1]))
