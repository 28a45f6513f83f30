export interface Difference {
  readonly why: string
  /** The only storage that shows it; both without. */
  readonly only?: string
  readonly script: readonly {
    readonly calls: readonly Readonly<Record<string, unknown>>[]
    readonly cookie: 'kept' | 'lost'
  }[]
  /** What shows it in the story that each tells. */
  readonly theirs: RegExp
  readonly ours: RegExp
}

const looks = { calls: [{ call: 'look' }], cookie: 'kept' } as const

/** Where ours differs from Remix 3, and why: `differential.test.ts` plays each, and lets no other pass. */
export const differences: Readonly<Record<string, Difference>> = {
  'an empty session': {
    why: 'A session that holds nothing is not stored, and its visitor is given no cookie: nothing is lost, and no robot fills the store.',
    script: [{ calls: [{ call: 'unset', key: 'a' }], cookie: 'kept' }],
    theirs: /"cookie":"given"/,
    ours: /"cookie":"as it was"/,
  },
  'a flash value that is undefined': {
    why: 'What JSON does not hold is not there in the next request, in memory as elsewhere: Remix 3 keeps it in memory alone.',
    only: 'in memory',
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
}
