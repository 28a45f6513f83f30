import { describe, expect, test } from 'vitest'
import { holdListed, tellListed } from '../../../test/differential/listed.ts'
import { differences } from '../../../test/differential/remix-differences.ts'
import { compare, inMemory, stories } from '../../../test/differential/remix-kinds.ts'
import { fakeDate } from '../../../test/helpers/date.ts'

// One script of calls, on Remix's own package, on React Router's and on ours: what an application and a browser see of it. `npm test` plays
// more of them (differential.slow.test.ts).

const clock = fakeDate()

describe.each(inMemory)('the same calls on Remix 2, React Router 7 and 8, and here, %s', (kind) => {
  test('an application and a browser see the same, but for what is listed', async () => {
    expect(await compare(kind, 25, clock)).toBe(25)
  })

  tellListed(differences, kind, (script) => stories(kind, script, clock), 3)
})

holdListed(differences, 'remix.md', new URL('..', import.meta.url))
