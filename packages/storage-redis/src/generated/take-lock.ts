// Generated from lua/take-lock.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const takeLock: Script = {
  name: 'take-lock.lua',
  sha1: 'adfdf8767417b0abd850ead0fcb0915fd9b53646',
  source: `if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then
  return -2
end
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return -2
end
return math.max(-1, redis.call('PTTL', KEYS[1]))`,
}
