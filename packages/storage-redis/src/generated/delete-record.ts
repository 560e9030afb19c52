// Generated from lua/delete-record.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const deleteRecord: Script = {
  name: 'delete-record.lua',
  sha1: '9c0eae259fe58784a6f284f31e657007ba639a10',
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
local receipt = redis.call('GET', KEYS[2])
local stored, answer = stored_record(KEYS[1], ARGV[6], ARGV[5], ARGV[4])
if not stored then
  if answer == 0 and receipt == ARGV[4] then
    return 1
  end
  return answer
end
local before = indexes_of(ARGV[1], ARGV[2], stored.type, stored.status, stored.due, stored.labels)
local moving = check_indexes(KEYS[1], before, {})
if moving then
  return moving
end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[7])
move_indexes(ARGV[3], before, {})
return 1`,
}
