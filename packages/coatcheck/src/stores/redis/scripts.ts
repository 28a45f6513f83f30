/** Everything that is asked of Redis: each runs on one key, so that the same works on a cluster. */
import { type RedisScript, script } from './script.ts'

// A record is a hash. v: version. d: data. o: owner. c, e, x: createdAt, endsAt, expiresAt. i: the version it was created with,
// which is also in its entry of the owner's index.

/** A script, and no plain HMGET: clients send those to replicas or answer them from a cache of their own where told to. */
export const READ: RedisScript = script(`return redis.call('HMGET', KEYS[1], 'v', 'd', 'o', 'c', 'e', 'x')`)

// Where a client sends a write twice, the second finds what the first one wrote and writes it again: WAIT speaks of the writes of one
// connection, and this may be another.

export const CREATE: RedisScript = script(`
local there = redis.call('HGET', KEYS[1], 'i')
if there == ARGV[1] then redis.call('HSET', KEYS[1], 'i', ARGV[1]) return 1 end
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'i', ARGV[1], 'd', ARGV[2], 'c', ARGV[3], 'e', ARGV[4], 'x', ARGV[5])
if ARGV[7] then redis.call('HSET', KEYS[1], 'o', ARGV[7]) end
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return 1
`)

// A full Redis refuses a script whose first write could need memory. What gets shorter, as what ends does, needs none: so it is removed first.

const REPLACE = `
local there = redis.call('HMGET', KEYS[1], 'v', 'd')
if there[1] ~= ARGV[1] and there[1] ~= ARGV[2] then return 0 end
if there[2] and #there[2] > #ARGV[3] then redis.call('HDEL', KEYS[1], 'd') end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'd', ARGV[3], 'x', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
`

export const UPDATE: RedisScript = script(`${REPLACE}return 1\n`)

// A user may have no right to channels, and what is written stays written when a script fails: so who may not tell writes all the same.

/** The same, and tells. */
export const UPDATE_TELLING: RedisScript = script(`${REPLACE}redis.pcall('PUBLISH', ARGV[6], ARGV[7])\nreturn 1\n`)

export const TOUCH: RedisScript = script(`
local there = redis.call('HMGET', KEYS[1], 'v', 'x')
if there[1] ~= ARGV[1] then return 0 end
if tonumber(there[2]) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'x', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1
`)

/** Answers whose it was, and what its entry in that index has behind the key. Nothing: it has another version, or is not there. */
export const DELETE: RedisScript = script(`
local there = redis.call('HMGET', KEYS[1], 'v', 'o', 'i')
if there[1] ~= ARGV[1] then return {} end
redis.call('DEL', KEYS[1])
redis.pcall('PUBLISH', ARGV[2], ARGV[3])
return { there[2] or '', there[3] or '' }
`)

// The index of an owner is a sorted set: an entry for each create, by the end of the session.

/** Drops what has ended by the way, so that the index of somebody who signs in every day does not grow. */
export const INDEX_ADD: RedisScript = script(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 1
`)

export const INDEX_REMOVE: RedisScript = script(`return redis.call('ZREM', KEYS[1], ARGV[1])`)

export const INDEX_LIST: RedisScript = script(`return redis.call('ZRANGE', KEYS[1], 0, -1)`)

/** The `maxmemory-policy` of the server that has this key. */
export const POLICY: RedisScript = script(`return string.match(redis.call('INFO', 'memory'), 'maxmemory_policy:(%S+)') or ''`)

/** What the server that has this key says of itself: its clock in seconds and microseconds, and the fields that are named. */
export const ABOUT: RedisScript = script(`
local said = { unpack(redis.call('TIME')) }
for _, section in ipairs({ 'server', 'memory', 'persistence', 'stats' }) do
  local text = redis.call('INFO', section)
  for i = 1, #ARGV do
    local value = string.match(text, '[\\r\\n]' .. ARGV[i] .. ':([^\\r\\n]*)')
    if value then said[#said + 1] = ARGV[i] .. ':' .. value end
  end
end
return said
`)
