// Generated from lua/release-lock.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const releaseLock: Script = {
  name: 'release-lock.lua',
  sha1: '2a94b455cde26bea6407f7d740e4115fcca8755a',
  source: `local value = redis.call('GET', KEYS[1])
local waited = value == ARGV[1] .. '|'
if value ~= ARGV[1] and not waited then
  return 0
end
redis.call('DEL', KEYS[1])
if ARGV[2] ~= '' and (waited or ARGV[3] == 'always') then
  redis.call('PUBLISH', ARGV[2], '')
end
return 1`,
}
