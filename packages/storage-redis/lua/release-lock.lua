-- Releases a lock that its owner still holds, and tells those who wait.
-- KEYS  1 the lock, a string
-- ARGV  1 owner token  2 channel of those who wait, or '' to tell nobody
-- Returns 1; 0 when it ended or is another's.

if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
  if ARGV[2] ~= '' then
    redis.call('PUBLISH', ARGV[2], '')
  end
  return 1
end
return 0
