-- Stores a new record and its indexes.
-- KEYS  1 the record, a hash
-- ARGV  1 root of its shard  2 tenant  3 member  4 token of this write  5 format  6 type  7 status  8 due or ''
--       9 label digests  10 sealed fields, JSON  11 metadata, JSON  12 sealed state
-- Returns 1, also when this very write was sent twice; 0 when there is a record already.
-- Besides KEYS it writes the indexes of the shard, which share KEYS[1]'s hash tag.
-- include indexes

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
return 1
