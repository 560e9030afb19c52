// Generated from lua/update-metadata.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const updateMetadata: Script = {
  name: 'update-metadata.lua',
  sha1: 'c445fb3a804cbf6c9039933698e734fe33628fbb',
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
local function stored_record(key, expected, format, write)
  local stored = redis.call('HMGET', key, 'version', 'write', 'format', 'type', 'status', 'due', 'labels')
  if not stored[1] then
    return nil, 0
  end
  if stored[3] ~= format then
    return nil, -1
  end
  if stored[2] == write then
    return nil, 1
  end
  if stored[1] ~= expected then
    return nil, 0
  end
  return { type = stored[4], status = stored[5], due = stored[6], labels = stored[7] }, nil
end
local stored, answer = stored_record(KEYS[1], ARGV[9], ARGV[5], ARGV[4])
if not stored then
  return answer
end
local before = indexes_of(ARGV[1], ARGV[2], stored.type, stored.status, stored.due, stored.labels)
local after = indexes_of(ARGV[1], ARGV[2], stored.type, stored.status, ARGV[6], ARGV[7])
local moving = check_indexes(KEYS[1], before, after)
if moving then
  return moving
end
redis.call('HSET', KEYS[1], 'version', ARGV[10], 'write', ARGV[4], 'due', ARGV[6], 'labels', ARGV[7],
  'metadata', ARGV[8])
move_indexes(ARGV[3], before, after)
return 1`,
}
