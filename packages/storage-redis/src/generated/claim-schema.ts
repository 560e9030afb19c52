// Generated from lua/claim-schema.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const claimSchema: Script = {
  name: 'claim-schema.lua',
  sha1: '6983694e57c347bce0e5b496c3ee801847388ae4',
  source: `local stored = redis.call('GET', KEYS[1])
if stored then
  return stored
end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]`,
}
