// Generated from lua/renew-lock.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const renewLock: Script = {
  name: 'renew-lock.lua',
  sha1: 'c6210b39baf477deccb2e692aee838bb2963d62b',
  source: `local function read_lock(value)
  local bar = value and string.find(value, '|', 1, true)
  if not bar then
    return value
  end
  return string.sub(value, 1, bar - 1), string.sub(value, bar + 1)
end
if read_lock(redis.call('GET', KEYS[1])) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`,
}
