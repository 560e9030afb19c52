-- What a write needs to know of the stored record, or nil and the answer to give instead:
-- 1 this very write was sent twice, 0 another version or none, -1 written by another release.
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
