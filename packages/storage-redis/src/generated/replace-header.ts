// Generated from lua/replace-header.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const replaceHeader: Script = {
  name: 'replace-header.lua',
  sha1: '9a2cd4859234b221624dff56a6fc19b037373412',
  source: `local stored = redis.call('HMGET', KEYS[1], 'version', 'write')
if stored[2] == ARGV[1] then
  return 1
end
if stored[1] ~= ARGV[3] then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[4], 'write', ARGV[1], 'value', ARGV[2])
return 1`,
}
