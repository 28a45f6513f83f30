// Made by `npm run guarantees`, with the table of docs/stores.md.

/** What the suite tries of every store. */
export const GUARANTEES = [
  'What is read is what was written, to the last character and millisecond',
  'Big records come back exactly',
  'A name is taken for itself only, or refused',
  'A write is seen at once, through every handle',
  'A write that another overtook is refused',
  'Of writes at the same moment one wins, and none is lost',
  'A version never comes twice',
  'What was ended stays ended',
  'Nothing goes before it expires',
  'Clocks may differ',
  'A touch prolongs, and undoes nothing',
  'An owner’s list misses no live session',
  'A listing misses no session that stays',
  'A prune removes what is over, and nothing that lives',
  'Whoever listens is told of every end',
  'Many are read at once as one by one',
  'Thousands of sessions are created, found, listed and pruned like a few',
] as const

/** By the names of docs/stores.md: what a store declares, and of each guarantee `y`, `n`: a test showed otherwise, or `-`: it has no method for it. */
export const ROWS = {
  'cached, over memory': ['eventual', 'yyynyyyyyyyyyyy-y'],
  'cloudflare-kv': ['eventual', 'yyyyynynyy--y---y'],
  d1: ['strong', 'yyyyyyyyyyyyyy-yy'],
  'deno-kv, in memory': ['strong', 'yyyyyyyyyy-yy---y'],
  'deno-kv, a file of two processes': ['strong', 'yyyyyyyyyy-yy---y'],
  'durable-object': ['strong', 'yyyyyyyyyyyy----y'],
  'dynamodb, over the AWS SDK': ['strong', 'yyyyyyyyyyyyyy--y'],
  'dynamodb, over @architect/functions': ['strong', 'yyyyyyyyyyyyyy--y'],
  'express-session, memory': ['last-write-wins', 'yyyyyyyyyy------y'],
  'express-session, connect-redis': ['last-write-wins', 'yyyyynynyy------y'],
  file: ['strong', 'yyyyyyyyyy-yyy--y'],
  'libsql, a file': ['strong', 'yyyyyyyyyyyyyy-yy'],
  'libsql, :memory:': ['strong', 'yyyyyyyyyyyyyy-yy'],
  'memcached, over memcachedClient': ['strong', 'yyyyyyyyyy------y'],
  memory: ['strong', 'yyyyyyyyyyyyyyy-y'],
  'mongodb, a stand-in': ['strong', 'yyyyyyyyyyyyyy--y'],
  'mysql, over mysql2': ['strong', 'yyyyyyyyyyyyyy-yy'],
  'namespaced, over memory': ['strong', 'yyyyyyyyyyyyyyy-y'],
  'nats, over @nats-io/kv': ['strong', 'yyyyyyyyyy-y-yy-y'],
  'postgres, over pg': ['strong', 'yyyyyyyyyyyyyyyyy'],
  'postgres, over postgres': ['strong', 'yyyyyyyyyyyyyyyyy'],
  'postgres, over PGlite': ['strong', 'yyyyyyyyyyyyyyyyy'],
  'redis, over redis': ['strong', 'yyyyyyyyyyyyy-y-y'],
  'redis, over ioredis': ['strong', 'yyyyyyyyyyyyy-y-y'],
  'redis, over a cluster and redis': ['strong', 'yyyyyyyyyyyyy-y-y'],
  'redis, over a cluster and ioredis': ['strong', 'yyyyyyyyyyyyy-y-y'],
  'redis, over @upstash/redis and a stand-in': ['strong', 'yyyyyyyyyyyyy---y'],
  sqlite: ['strong', 'yyyyyyyyyyyyyy-yy'],
  'unstorage, memory': ['last-write-wins', 'yyyyyyyyyy--yy--y'],
  'unstorage, fs': ['last-write-wins', 'yyyyyyyyyy--yy--y'],
  'unstorage, redis': ['last-write-wins', 'yyyyynynyy--yn--y'],
} as const

/** A row of the table of guarantees. */
export type StoreRow = keyof typeof ROWS
