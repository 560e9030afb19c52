// Generated from lua/renew-lock.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const renewLock: Script = {
  name: 'renew-lock.lua',
  sha1: 'b8781a7c50e72ae869ca41c3fe9f504e365f3881',
  source: `if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`,
}
