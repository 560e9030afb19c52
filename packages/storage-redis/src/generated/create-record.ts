// Generated from lua/create-record.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const createRecord: Script = {
  name: 'create-record.lua',
  sha1: 'cb16faf2ba4e8fd9928d9bc3c30240c2fd82b5b3',
  source: `local function indexes_of(root, tenant, type, status, due, labels)
  local scores = {
    [root .. 'all'] = '0',
    [root .. 'type:' .. type] = '0',
    [root .. 'status:' .. status] = '0',
  }
  for digest in string.gmatch(labels, '%S+') do
    scores[root .. 'label:' .. digest] = '0'
  end
  if due ~= '' then
    scores[root .. 'due'] = due
    scores[root .. 'due-status:' .. status] = due
    scores[root .. 'due-tenant:' .. tenant] = due
  end
  return scores
end
local function check_indexes(record, before, after)
  for _, scores in ipairs({ before, after }) do
    for key in pairs(scores) do
      local present = redis.pcall('EXISTS', record, key)
      if type(present) == 'table' then
        return redis.error_reply('TRYAGAIN ' .. present.err)
      end
      redis.call('ZCARD', key)
    end
  end
end
local function move_indexes(member, before, after)
  for key in pairs(before) do
    if after[key] == nil then
      redis.call('ZREM', key, member)
    end
  end
  for key, score in pairs(after) do
    if before[key] ~= score then
      redis.call('ZADD', key, score, member)
    end
  end
end
local stored = redis.call('HMGET', KEYS[1], 'version', 'write')
if stored[1] then
  return (stored[1] == '1' and stored[2] == ARGV[4]) and 1 or 0
end
local indexes = indexes_of(ARGV[1], ARGV[2], ARGV[6], ARGV[7], ARGV[8], ARGV[9])
local moving = check_indexes(KEYS[1], {}, indexes)
if moving then
  return moving
end
redis.call('HSET', KEYS[1], 'version', '1', 'write', ARGV[4], 'format', ARGV[5], 'type', ARGV[6], 'status', ARGV[7],
  'due', ARGV[8], 'labels', ARGV[9], 'sealed', ARGV[10], 'metadata', ARGV[11], 'state', ARGV[12])
move_indexes(ARGV[3], {}, indexes)
return 1`,
}
