import type { Edit } from '../helpers/builds.ts'

/** An option, as somebody adds it who follows "An option" in CONTRIBUTING. Each `from` must be in its file once. */
export const OPTION: readonly Edit[] = [
  {
    file: 'packages/coatcheck/src/core/options/table.ts',
    from: '  /** False: tickets travel in `header` only. */\n',
    to: [
      '  /** Refuses to make sessions without a store, where they would be sealed in the cookie. Default false. */',
      '  readonly requireStore?: boolean',
      '  /** False: tickets travel in `header` only. */',
      '',
    ].join('\n'),
  },
  {
    file: 'packages/coatcheck/src/core/options/table.ts',
    from: '  secrets: {},\n',
    to: '  requireStore: flag(false),\n  secrets: {},\n',
  },
  {
    file: 'packages/coatcheck/src/core/options/options.ts',
    from: '  if (store && persistence) throw bad(',
    to: [
      '  if (options.requireStore && !store)',
      "    throw bad('requireStore', 'is set without a store', 'Pass a store, or leave it out.')",
      '  if (store && persistence) throw bad(',
    ].join('\n'),
  },
  {
    file: 'docs/guide.md',
    from: '| `store` |',
    to: '| `requireStore` | boolean | `false` | Refuses to make sessions without a store. |\n| `store` |',
  },
]
