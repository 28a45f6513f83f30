import type { Difference } from './differences.ts'

type Script = readonly {
  readonly calls: readonly Readonly<Record<string, unknown>>[]
  readonly cookie: 'kept' | 'lost'
}[]

const looks = { calls: [{ call: 'look' }], cookie: 'kept' } as const

/** Where ours differs from Remix 3, and why: `differential.test.ts` plays each, lets no other pass, and holds the page to it. */
export const differences: Readonly<Record<string, Difference<Script>>> = {
  'new-id': {
    what: 'After `regenerateId()` the old id shows nothing that comes after, and a sign-out ends both',
    why: 'In Remix 3 the old id stays valid by default, also after a sign-out',
    shownBy: ['remix3.test.ts', 'S1: gives a new id, and the old one is dead, asked to be deleted or not'],
  },
  ends: {
    what: 'A session that nobody uses ends after 30 days, and every session after 400',
    why: 'In Remix 3 those in memory and files never end: a stolen cookie is good for ever',
    shownBy: ['remix3.test.ts', 'S5: ends'],
  },
  'empty-session': {
    what: 'A session that holds nothing is not stored, and its visitor is given no cookie',
    why: 'Nothing is lost, and no robot fills the store',
    script: [{ calls: [{ call: 'unset', key: 'a' }], cookie: 'kept' }],
    theirs: /"cookie":"given"/,
    ours: /"cookie":"as it was"/,
  },
  'undefined-flash': {
    what: 'In memory, a flash value that is `undefined` is not there in the next request',
    why: 'JSON, in which the other storages keep values, has no `undefined`',
    only: ['in memory'],
    script: [
      {
        calls: [
          { call: 'set', key: 'a', value: 1 },
          { call: 'flash', key: 'b', value: undefined },
        ],
        cookie: 'kept',
      },
      looks,
    ],
    theirs: /"opened":\{"size":2/,
    ours: /"opened":\{"size":1/,
  },
  inside: {
    what: 'A change inside a value is stored',
    why: 'In Remix 3 only `set` counts, and in memory all requests share the object',
    only: ['in the cookie', 'in Redis', 'in Redis, upstream'],
    script: [
      { calls: [{ call: 'set', key: 'a', value: [1] }], cookie: 'kept' },
      { calls: [{ call: 'push', key: 'a', value: 2 }], cookie: 'kept' },
      looks,
    ],
    theirs: /"opened":\{"size":1,"data":\[\{"a":\[1\]\},\{\}\][^[]*"seen":\[\{[^}]*"data":\[\{"a":\[1\]/,
    ours: /"opened":\{"size":1,"data":\[\{"a":\[1,2\]\},\{\}\]/,
  },
  cookie: {
    what: 'The cookie of an ended session is removed from the browser, and one that is too large is an error',
    why: 'Remix 3 leaves an empty cookie, and sends a cookie that no browser keeps',
    shownBy: ['remix3.test.ts', 'S4: the cookie of an ended session is removed from the browser'],
  },
  'unknown-ids': {
    what: '`useUnknownIds` is accepted and not followed',
    why: 'An id that a client brings along must open nothing (fixation)',
    shownBy: ['remix3/findings.test.ts', 'unknown-ids: no id is taken from a client'],
  },
  failures: {
    what: 'A handler that throws, or answers 500 or above, changes nothing, but a session that it destroyed stays destroyed',
    why: 'Remix 3 saves after a 500, and not after an error',
    shownBy: ['remix3.test.ts', 'S9: a handler that throws changes nothing, and what it ended stays ended'],
  },
  caches: {
    what: 'Pages of a visitor who has a session are kept out of shared caches, and `Vary: Cookie` is on every page',
    why: 'A shared cache would show one visitor’s page to another',
    shownBy: [
      'remix3/findings.test.ts',
      'found S3: no page that depends on a session is for a shared cache, whatever its handler says',
    ],
  },
  'two-sessions': {
    what: 'Of two sessions that come with one request neither is opened, and `onEvent` gets the reason `duplicate`',
    why: 'Nobody can tell which of them somebody else put there. Remix 3 takes the first',
    shownBy: ['remix3/findings.test.ts', 'found S4: of two sessions that come with one request neither is opened'],
  },
  classes: {
    what: 'A `Session` of `@remix-run/session` is none of `coatcheck/remix3` to TypeScript, nor the other way round',
    why: 'Both are classes with private fields',
    shownBy: ['remix3.types.test.ts', 'classes: neither is the other'],
  },
}
