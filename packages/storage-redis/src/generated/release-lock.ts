// Generated from lua/release-lock.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const releaseLock: Script = {
  name: 'release-lock.lua',
  sha1: '8970c93186b6c1f0315984c130ed48d06ce94523',
  source: `if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
  if ARGV[2] ~= '' then
    redis.call('PUBLISH', ARGV[2], '')
  end
  return 1
end
return 0`,
}
