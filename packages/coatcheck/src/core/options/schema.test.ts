import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { createSessions } from '../../index.ts'

const SECRET = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'
const schema = z.object({ n: z.number() }).partial()
const same = (old: object) => old
const codec = { name: 'A', is: () => false, encode: () => 1, decode: () => 1 }

/** Options as plain JavaScript would pass them. */
const make = (given: object) => createSessions({ secrets: SECRET, ...given } as never)

describe('a schema, versions and codecs are looked at where the sessions are created', () => {
  test.each<[string, object, RegExp, RegExp]>([
    ['no schema', { schema: {} }, /`schema` is a object without `~standard`/, /Zod/],
    ['a schema of another version', { schema: { '~standard': { version: 2, validate: same } } }, /`schema`/, /Zod/],
    [
      'keys that must be there, in zod',
      { schema: z.object({ n: z.number() }) },
      /`schema` does not take an empty object/,
      /partial/,
    ],
    ['keys that must be there, in valibot', { schema: v.object({ n: v.number() }) }, /empty object/, /v\.partial/],
    ['keys that must be there, in arktype', { schema: type({ n: 'number' }) }, /empty object/, /'cart\?'/],
    ['no object', { schema: z.string() }, /empty object/, /optional/],
    ['one that waits', { schema: v.objectAsync({}) }, /asynchronous/, /await/],
    ['one that throws', { schema: { '~standard': { version: 1, validate: () => expect.fail() } } }, /throws/, /begins empty/],
    ['a version of 0', { version: 0 }, /`version` is the number 0/, /whole number/],
    ['a version as text', { version: '2' }, /`version`/, /whole number/],
    ['a version that nothing leads to', { version: 2 }, /`migrations\[2\]` is missing/, /begins afresh/],
    ['a step that is missing', { version: 3, migrations: { 2: same } }, /`migrations\[3\]` is missing/, /version 2/],
    ['a gap', { version: 4, migrations: { 2: same, 4: same } }, /`migrations\[3\]` is missing/, /version 2/],
    [
      'a step beyond the version',
      { version: 2, migrations: { 2: same, 3: same } },
      /step to version 3/,
      /from 2 to `version`, 2/,
    ],
    ['a step to version 1', { migrations: { 1: same } }, /step to version 1/, /`version`, 1/],
    ['a step that is no function', { version: 2, migrations: { 2: { up: same } } }, /`migrations\[2\]` is a object/, /up, down/],
    ['migrations of null', { migrations: null }, /`migrations` is null/, /object/],
    ['another policy', { schema, onInvalid: 'ignore' }, /`onInvalid`/, /`drop`, `empty` or `throw`/],
    ['a policy for nothing', { onInvalid: 'throw' }, /`onInvalid` is set without/, /Leave it out/],
    ['codecs of another form', { codecs: {} }, /`codecs`/, /list/],
    ['a codec without a name', { codecs: [{ ...codec, name: '' }] }, /`codecs`/, /name of its own/],
    ['one name twice', { codecs: [codec, codec] }, /`codecs`/, /name of its own/],
    ['a codec that cannot decode', { codecs: [{ ...codec, decode: 1 }] }, /`codecs`/, /"A" a function `decode`/],
  ])('%s', (_, given, what, fix) => {
    expect(() => make(given)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringMatching(what), fix: expect.stringMatching(fix) }),
    )
  })

  test.each<[string, object]>([
    ['a schema', { schema }],
    ['any keys', { schema: z.record(z.string(), z.number()) }],
    ['defaults', { schema: z.object({ n: z.number().default(1) }) }],
    ['a way that begins later', { version: 3, migrations: { 3: same } }],
    ['a way back', { version: 2, migrations: { 2: { up: same, down: same } }, onInvalid: 'throw' }],
    ['version 1, for what comes', { version: 1 }],
    ['codecs', { codecs: [codec] }],
  ])('%s is taken', (_, given) => {
    expect(() => make(given)).not.toThrow()
  })
})
