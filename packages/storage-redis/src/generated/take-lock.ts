// Generated from lua/take-lock.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const takeLock: Script = {
  name: 'take-lock.lua',
  sha1: '281c7fbdc09d42b2d98320cf5f00895c42326042',
  source: `if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then
  return -2
end
local value = redis.call('GET', KEYS[1])
if value == ARGV[1] or value == ARGV[1] .. '|' then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return -2
end
if string.sub(value, -1) ~= '|' then
  redis.call('APPEND', KEYS[1], '|')
end
return math.max(-1, redis.call('PTTL', KEYS[1]))`,
}
