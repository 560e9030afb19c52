// Generated from lua/take-lock.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const takeLock: Script = {
  name: 'take-lock.lua',
  sha1: '6442d3f6d25dc0db418838a47eec2d097a85d78a',
  source: `local function read_lock(value)
  local bar = value and string.find(value, '|', 1, true)
  if not bar then
    return value
  end
  return string.sub(value, 1, bar - 1), string.sub(value, bar + 1)
end
if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then
  return -2
end
local owner, successor = read_lock(redis.call('GET', KEYS[1]))
if owner == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return -2
end
if not successor then
  redis.call('APPEND', KEYS[1], '|' .. ARGV[3])
elseif successor == '' and ARGV[3] ~= '' then
  redis.call('APPEND', KEYS[1], ARGV[3])
end
return math.max(-1, redis.call('PTTL', KEYS[1]))`,
}
