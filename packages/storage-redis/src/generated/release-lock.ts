// Generated from lua/release-lock.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const releaseLock: Script = {
  name: 'release-lock.lua',
  sha1: '9506e1641ff1e4269aed2d479acabeab4b4975db',
  source: `local value = redis.call('GET', KEYS[1])
if value == ARGV[1] then
  redis.call('DEL', KEYS[1])
  if ARGV[3] == 'none' and ARGV[2] ~= '' then
    redis.call('PUBLISH', ARGV[2], '')
  end
  return 1
end
local function read_lock(value)
  local bar = value and string.find(value, '|', 1, true)
  if not bar then
    return value
  end
  return string.sub(value, 1, bar - 1), string.sub(value, bar + 1)
end
local owner, successor = read_lock(value)
local heir = string.match(successor or '', '^(.*)#')
if owner ~= ARGV[1] then
  if heir == ARGV[1] then
    redis.call('SET', KEYS[1], owner .. '|', 'KEEPTTL')
  end
  return 0
end
if heir and ARGV[3] ~= 'none' then
  redis.call('SET', KEYS[1], heir .. '|', 'PX', ARGV[3])
else
  redis.call('DEL', KEYS[1])
end
if ARGV[2] ~= '' then
  redis.call('PUBLISH', ARGV[2], successor)
end
return 1`,
}
