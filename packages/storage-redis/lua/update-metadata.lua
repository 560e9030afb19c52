-- Replaces the metadata of the record of the expected version, and moves its indexes.
-- KEYS  1 the record, a hash
-- ARGV  1 root of its shard  2 tenant  3 member  4 token of this write  5 format  6 due or ''  7 label digests
--       8 metadata, JSON  9 expected version  10 new version
-- Returns 1, also when this very write was sent twice; 0 for another version or none; -1 for another format.
-- Besides KEYS it writes the indexes of the shard, which share KEYS[1]'s hash tag.
-- include indexes
-- include stored-record

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
return 1
