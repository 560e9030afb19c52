// Generated from lua/release-lock.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const releaseLock: Script = {
  name: 'release-lock.lua',
  sha1: '3f46eb94b9514b2bf7e7ec4dbf1bb27899a2d506',
  source: `if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('PUBLISH', ARGV[2], '')
  return 1
end
return 0`,
}
