-- Releases a lock that its owner still holds, and tells those who wait. Where nobody has asked for it there is nobody
-- to tell, and the message is saved.
-- KEYS  1 the lock, a string: its owner token, and '|' behind it when somebody waits
-- ARGV  1 owner token  2 channel of those who wait, or '' to tell nobody  3 'always' to tell it unasked, or ''
-- Returns 1; 0 when it ended or is another's.

local value = redis.call('GET', KEYS[1])
local waited = value == ARGV[1] .. '|'
if value ~= ARGV[1] and not waited then
  return 0
end
redis.call('DEL', KEYS[1])
if ARGV[2] ~= '' and (waited or ARGV[3] == 'always') then
  redis.call('PUBLISH', ARGV[2], '')
end
return 1
