// Generated from lua/invalidate-token.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const invalidateToken: Script = {
  name: 'invalidate-token.lua',
  sha1: '9b0322c660d06e3464aebe7c179e47b041d46ab7',
  source: `local entry = redis.call('HGET', KEYS[1], 'version')
local version, lasts = tonumber(ARGV[1]), tonumber(ARGV[2])
local standing = redis.call('GET', KEYS[2])
if standing then
  version = math.max(version, tonumber(standing))
  lasts = math.max(lasts, redis.call('PTTL', KEYS[2]))
end
redis.call('SET', KEYS[2], string.format('%.0f', version), 'PX', string.format('%.0f', lasts))
if entry and tonumber(entry) < version then
  redis.call('DEL', KEYS[1])
end
return 1`,
}
