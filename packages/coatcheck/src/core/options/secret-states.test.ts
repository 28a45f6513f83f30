import { describe, expect, test } from 'vitest'
import { NEWER_SECRET, SECRET } from '../../../test/helpers/site.ts'
import { createSecret } from '../../index.ts'
import { sessionsOf } from '../sessions.ts'
import { type CheckedSecret, keysAt, type StatedSecret } from './secret-states.ts'
import { type SecretsOption, secretsOf } from './secrets.ts'

const THIRD = 'Rz5mYk8wQb2nXv7jLc4hTg9sPd6fUa3e'
const NOON = Date.parse('2096-11-21T12:00Z')

const refused = (secrets: unknown): { readonly code: string; readonly message: string; readonly fix: string } => {
  try {
    sessionsOf({ secrets: secrets as SecretsOption })
  } catch (error) {
    return error as { code: string; message: string; fix: string }
  }
  throw new Error('accepted')
}

describe('what cannot be meant is refused where the sessions are made, without telling what was given', () => {
  test.each<[string, unknown, RegExp]>([
    [
      'none is active',
      [
        { secret: SECRET, state: 'pending' },
        { secret: NEWER_SECRET, state: 'retired' },
      ],
      /`secrets` has none that is active/,
    ],
    ['all are revoked', [{ secret: SECRET, state: 'revoked' }], /none that is active/],
    ['the same twice', [SECRET, { secret: SECRET, state: 'retired' }], /`secrets\[1\]` is the same as an earlier one/],
    ['a state that is misspelled', [{ secret: SECRET, state: 'retried' }], /`secrets\[0\]\.state` is a text of 7 characters/],
    ['a secret in the place of the state', [{ secret: SECRET, state: NEWER_SECRET }], /`secrets\[0\]\.state` is a text of 32/],
    [
      'a field that is misspelled',
      [{ secret: SECRET, status: 'active' }],
      /`secrets\[0\]` has a field that no secret has, `status`/,
    ],
    [
      'a secret in the place of a field',
      [{ [SECRET]: 'active', secret: NEWER_SECRET }],
      /`secrets\[0\]` has a field that no secret has\./,
    ],
    ['an object without a secret', [{ state: 'active' }], /`secrets\[0\]\.secret` is missing/],
    [
      'a weak one with a state',
      [{ secret: 'letmein' }],
      /`secrets\[0\]\.secret` is a text of 7 characters, which can be guessed/,
    ],
    [
      'an end before the beginning',
      [{ secret: SECRET, from: '2097-01-02', until: '2097-01-01' }],
      /`secrets\[0\]\.until` is not after its `from`/,
    ],
    ['an end at the beginning', [{ secret: SECRET, from: NOON, until: NOON }], /not after its `from`/],
    [
      'pending, and from when on',
      [{ secret: SECRET, state: 'pending', from: NOON }, NEWER_SECRET],
      /`secrets\[0\]` is pending and says from when/,
    ],
    ['a time that is none', [{ secret: SECRET, from: 'soon' }], /`secrets\[0\]\.from` is a text of 4 characters/],
    ['a time of no zone', [{ secret: SECRET, from: '2097-01-02T12:00' }], /`secrets\[0\]\.from` is a text without a time zone/],
    ['seconds', [{ secret: SECRET, until: NOON / 1000 }], /`secrets\[0\]\.until` is a number of seconds/],
    ['NaN', [{ secret: SECRET, until: Number.NaN }], /`secrets\[0\]\.until` is the number NaN/],
    ['an invalid Date', [{ secret: SECRET, until: new Date('never') }], /`secrets\[0\]\.until` is a object/],
    ['an empty list', [], /`secrets` is an empty list/],
    ['an object that is no source', { secret: SECRET }, /`secrets` is a object/],
    ['a list in a list', [[SECRET]], /`secrets\[0\]\.secret` is missing/],
    ['null', null, /`secrets` is null/],
    ['null in the list', [null], /`secrets\[0\]` is null, which can be guessed/],
    ['a hole in the list', new Array(1), /`secrets\[0\]` is missing/],
  ])('%s', (_, secrets, says) => {
    const { code, message, fix } = refused(secrets)
    expect([code, fix]).toEqual(['BAD_OPTIONS', expect.stringMatching(/\w/)])
    expect(message).toMatch(says)
    for (const secret of [SECRET, NEWER_SECRET, 'letmein']) expect(message).not.toContain(secret)
  })

  test('what is taken back in haste is not: a secret that is revoked or retired may say from when and until when it was to be used', () => {
    const times = { from: '2097-01-02T12:00+02:00', until: new Date(NOON + 1e11) }
    for (const state of ['retired', 'revoked'] as const)
      expect(() => sessionsOf({ secrets: [SECRET, { secret: NEWER_SECRET, state, ...times }] })).not.toThrow()
  })
})

/** What each secret is used for, in the order of the list. */
const uses = (list: readonly (string | StatedSecret)[], now = NOON) => {
  const checked = secretsOf([{ secret: THIRD, state: 'revoked' }, ...list], false) as { readonly list: readonly CheckedSecret[] }
  return keysAt(checked.list, now)
    .keys.slice(1)
    .map(({ use }) => use)
}

describe('what a secret is used for', () => {
  test.each<[string, readonly (string | StatedSecret)[], readonly string[]]>([
    ['texts: the first writes', [SECRET, NEWER_SECRET], ['write', 'renew']],
    ['pending reads, and what it opens is not renewed', [{ secret: NEWER_SECRET, state: 'pending' }, SECRET], ['read', 'write']],
    ['retired', [{ secret: SECRET, state: 'retired' }, NEWER_SECRET], ['renew', 'write']],
    ['revoked', [{ secret: SECRET, state: 'revoked' }, NEWER_SECRET], ['refuse', 'write']],
    ['before its time it is pending', [{ secret: NEWER_SECRET, from: NOON + 1 }, SECRET], ['read', 'write']],
    ['at its time it writes', [{ secret: NEWER_SECRET, from: NOON }, SECRET], ['write', 'renew']],
    ['at its time it writes, wherever it stands', [SECRET, { secret: NEWER_SECRET, from: NOON }], ['renew', 'write']],
    [
      'of two the later one writes',
      [
        { secret: SECRET, from: NOON - 2 },
        { secret: NEWER_SECRET, from: NOON - 1 },
      ],
      ['renew', 'write'],
    ],
    ['before its end it reads', [{ secret: SECRET, until: NOON + 1 }, NEWER_SECRET], ['write', 'renew']],
    ['at its end it is revoked', [{ secret: SECRET, until: NOON }, NEWER_SECRET], ['refuse', 'write']],
    ['the end of a retired one', [NEWER_SECRET, { secret: SECRET, state: 'retired', until: NOON }], ['write', 'refuse']],
    [
      'a time that has not come does not wake a retired one',
      [NEWER_SECRET, { secret: SECRET, state: 'retired', from: NOON + 1 }],
      ['write', 'renew'],
    ],
    ['a pending one ends as well', [NEWER_SECRET, { secret: SECRET, state: 'pending', until: NOON }], ['write', 'refuse']],
    ['none writes', [{ secret: SECRET, from: NOON + 1 }], ['read']],
  ])('%s', (_, list, expected) => {
    expect(uses(list)).toEqual(expected)
  })

  test('is said for how long', () => {
    const list = (
      secretsOf(
        [
          { secret: NEWER_SECRET, from: NOON },
          { secret: SECRET, until: NOON + 5 },
        ],
        false,
      ) as { list: CheckedSecret[] }
    ).list
    const spans = [NOON - 1, NOON, NOON + 4, NOON + 5].map((now) => {
      const { since, until } = keysAt(list, now)
      return [since, until]
    })
    const [never, always] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    expect(spans).toEqual([
      [never, NOON],
      [NOON, NOON + 5],
      [NOON, NOON + 5],
      [NOON + 5, always],
    ])
  })
})

test('createSecret makes what createSessions takes, another one each time', () => {
  const made = Array.from({ length: 100 }, createSecret)
  expect(new Set(made).size).toBe(100)
  for (const secret of made)
    expect([secret, sessionsOf({ secrets: secret })]).toEqual([expect.stringMatching(/^[\w-]{44}$/), expect.any(Object)])
})
