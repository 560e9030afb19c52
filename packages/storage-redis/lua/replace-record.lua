-- Replaces the record of the expected version, and moves its indexes.
-- KEYS  1 the record, a hash
-- ARGV  1 root of its shard  2 tenant  3 member  4 token of this write  5 format  6 type  7 status  8 due or ''
--       9 label digests  10 sealed fields, JSON  11 metadata, JSON  12 sealed state  13 expected version  14 new version
-- Returns 1, also when this very write was sent twice; 0 for another version or none; -1 for another format.
-- Besides KEYS it writes the indexes of the shard, which share KEYS[1]'s hash tag.
-- include indexes
-- include stored-record

local stored, answer = stored_record(KEYS[1], ARGV[13], ARGV[5], ARGV[4])
if not stored then
  return answer
end
local before = indexes_of(ARGV[1], ARGV[2], stored.type, stored.status, stored.due, stored.labels)
local after = indexes_of(ARGV[1], ARGV[2], ARGV[6], ARGV[7], ARGV[8], ARGV[9])
local moving = check_indexes(KEYS[1], before, after)
if moving then
  return moving
end
redis.call('HSET', KEYS[1], 'version', ARGV[14], 'write', ARGV[4], 'type', ARGV[6], 'status', ARGV[7],
  'due', ARGV[8], 'labels', ARGV[9], 'sealed', ARGV[10], 'metadata', ARGV[11], 'state', ARGV[12])
move_indexes(ARGV[3], before, after)
return 1
