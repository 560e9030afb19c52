// Generated from lua/renew-lock.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const renewLock: Script = {
  name: 'renew-lock.lua',
  sha1: '89e0241ee542c57ebc66caa1056850fdf44edf87',
  source: `local value = redis.call('GET', KEYS[1])
if value == ARGV[1] or value == ARGV[1] .. '|' then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`,
}
