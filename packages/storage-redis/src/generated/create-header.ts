// Generated from lua/create-header.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const createHeader: Script = {
  name: 'create-header.lua',
  sha1: '712e5a64421a2f5397c61da4c5b7fb43d026e8f5',
  source: `local stored = redis.call('HMGET', KEYS[1], 'version', 'write')
if stored[1] then
  return (stored[1] == '1' and stored[2] == ARGV[1]) and 1 or 0
end
redis.call('HSET', KEYS[1], 'version', '1', 'write', ARGV[1], 'value', ARGV[2])
return 1`,
}
