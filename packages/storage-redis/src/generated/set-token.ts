// Generated from lua/set-token.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const setToken: Script = {
  name: 'set-token.lua',
  sha1: 'd2068d7b06d98002890ff10aedf06775df67cf75',
  source: `local stored = redis.call('HGET', KEYS[1], 'version')
if stored and tonumber(stored) > tonumber(ARGV[1]) then
  return 0
end
local tombstone = redis.call('GET', KEYS[2])
if tombstone and tonumber(tombstone) > tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'expiresAt', ARGV[2], 'fields', ARGV[3], 'sealed', ARGV[4])
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
return 1`,
}
