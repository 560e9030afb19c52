-- The sorted sets that index a record, all in the shard of `root`:
--   all, type:<type>, status:<status>, label:<digest>       score 0, so ordered by member
--   due, due-status:<status>, due-tenant:<tenant>           score dueAt; only where the record has one
-- Members are <tenant> NUL <id>. `due` is '' where there is none; `labels` are digests separated by spaces.

local function indexes_of(root, tenant, type, status, due, labels)
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

-- A script that fails keeps what it has written: so every set is looked at before the first write, and one of another
-- type raises WRONGTYPE while nothing has happened yet. While a cluster moves the slot, a node has some of the keys: it
-- answers for a single one that is not there, but not for two at once. Gives the error to return, if any.
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
