-- Takes a lock, for somebody who may have taken it before without hearing so; or marks it as waited for.
-- KEYS  1 the lock, a string: see include/lock-value.lua
-- ARGV  1 owner token  2 how long it lasts, ms  3 ticket by which its release may hand it over to this owner, or ''
-- Returns -2 when the owner has it; otherwise the ms until it ends, -1 when it never does.

-- include lock-value

if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then
  return -2
end
local owner, successor = read_lock(redis.call('GET', KEYS[1]))
if owner == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return -2
end
if not successor then
  redis.call('APPEND', KEYS[1], '|' .. ARGV[3])
elseif successor == '' and ARGV[3] ~= '' then
  redis.call('APPEND', KEYS[1], ARGV[3])
end
return math.max(-1, redis.call('PTTL', KEYS[1]))
