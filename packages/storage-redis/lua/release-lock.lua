-- Releases a lock that its owner still holds: hands it over where there is a successor, and tells those who wait.
-- Where nobody has asked for it there is nobody to tell, and the message is saved. A successor gives up its place.
-- KEYS  1 the lock, a string: see include/lock-value.lua
-- ARGV  1 owner token  2 channel of those who wait, or '' to tell nobody
--       3 how long it lasts for a successor who does not renew it, ms; or 'none': no successors, tell them even unasked
-- Returns 1; 0 when it ended or is another's. The message is the ticket of the successor, or ''.

local value = redis.call('GET', KEYS[1])
if value == ARGV[1] then
  redis.call('DEL', KEYS[1])
  if ARGV[3] == 'none' and ARGV[2] ~= '' then
    redis.call('PUBLISH', ARGV[2], '')
  end
  return 1
end

-- include lock-value

local owner, successor = read_lock(value)
local heir = string.match(successor or '', '^(.*)#')
if owner ~= ARGV[1] then
  if heir == ARGV[1] then
    redis.call('SET', KEYS[1], owner .. '|', 'KEEPTTL')
  end
  return 0
end
if heir and ARGV[3] ~= 'none' then
  redis.call('SET', KEYS[1], heir .. '|', 'PX', ARGV[3])
else
  redis.call('DEL', KEYS[1])
end
if ARGV[2] ~= '' then
  redis.call('PUBLISH', ARGV[2], successor)
end
return 1
