-- Deletes the record of the expected version, and its indexes.
-- KEYS  1 the record, a hash  2 the receipt of its deletion, a string
-- ARGV  1 root of its shard  2 tenant  3 member  4 token of this write  5 format  6 expected version
--       7 how long the receipt stays, ms
-- Returns 1, also when this very delete was sent twice; 0 for another version or none; -1 for another format.
-- Besides KEYS it writes the indexes of the shard, which share KEYS[1]'s hash tag.
-- include indexes
-- include stored-record

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
return 1
