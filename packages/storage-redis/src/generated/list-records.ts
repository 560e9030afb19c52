// Generated from lua/list-records.lua by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const listRecords: Script = {
  name: 'list-records.lua',
  sha1: 'fde56fbea39bab71c798a50d067d89f9ed64b0b2',
  source: `local mode, walkable, record_root = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local limit, most = tonumber(ARGV[4]), tonumber(ARGV[5])
local function precedes(left, right)
  for at = 1, math.min(#left, #right) do
    local a, b = left:byte(at), right:byte(at)
    if a ~= b then
      return a < b
    end
  end
  return #left < #right
end
local function rank_after(key, score, member)
  local low = redis.call('ZCOUNT', key, '-inf', '(' .. score)
  local high = redis.call('ZCOUNT', key, '-inf', score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local found = redis.call('ZRANGE', key, middle, middle)[1]
    if precedes(member, found) then
      high = middle
    else
      low = middle + 1
    end
  end
  return low
end
local function size(key)
  if mode == 'due' then
    return redis.call('ZCOUNT', key, '-inf', ARGV[6])
  end
  return redis.call('ZLEXCOUNT', key, ARGV[6], ARGV[7])
end
local walked = 1
if walkable > 1 then
  local smallest
  for at = 1, walkable do
    local members = size(KEYS[at])
    if smallest == nil or members < smallest then
      walked, smallest = at, members
    end
  end
end
local index = KEYS[walked]
local function in_all_others(member)
  for at = 1, #KEYS do
    if at ~= walked and not redis.call('ZSCORE', KEYS[at], member) then
      return false
    end
  end
  return true
end
local rank = 0
if mode == 'due' and ARGV[7] ~= '' then
  rank = rank_after(index, ARGV[7], ARGV[8])
end
local start = ARGV[6]
local function next_members(count)
  if mode == 'key' then
    local found, with_scores = redis.call('ZRANGEBYLEX', index, start, ARGV[7], 'LIMIT', 0, count), {}
    for _, member in ipairs(found) do
      with_scores[#with_scores + 1] = member
      with_scores[#with_scores + 1] = '0'
    end
    if #found > 0 then
      start = '(' .. found[#found]
    end
    return with_scores, #found < count
  end
  local found, not_above = redis.call('ZRANGE', index, rank, rank + count - 1, 'WITHSCORES'), {}
  rank = rank + count
  for at = 1, #found, 2 do
    if tonumber(found[at + 1]) > tonumber(ARGV[6]) then
      return not_above, true
    end
    not_above[at], not_above[at + 1] = found[at], found[at + 1]
  end
  return not_above, #found < 2 * count
end
local reply, records, looked_at = { 0, '', '' }, 0, 0
while true do
  local members, at_end = next_members(math.min(limit - records, most - looked_at))
  for at = 1, #members, 2 do
    local member, score = members[at], members[at + 1]
    reply[2], reply[3] = member, score
    looked_at = looked_at + 1
    if in_all_others(member) then
      local record = redis.call('HMGET', record_root .. member, 'format', 'version', 'sealed', 'metadata')
      if record[2] then
        records = records + 1
        local place = #reply
        reply[place + 1], reply[place + 2] = member, score
        reply[place + 3], reply[place + 4] = record[1] or '', record[2]
        reply[place + 5], reply[place + 6] = record[3] or '', record[4] or ''
      elseif type(redis.pcall('EXISTS', index, record_root .. member)) == 'table' then
        return redis.error_reply('TRYAGAIN The record of an indexed member is on another node')
      end
    end
  end
  if at_end then
    reply[1] = 1
    return reply
  end
  if records >= limit or looked_at >= most then
    return reply
  end
end`,
}
