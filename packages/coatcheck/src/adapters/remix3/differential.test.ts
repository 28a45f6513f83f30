import { createSession as createTheirSession } from '@remix-run/session'
import { assert as hold, array as list, asyncProperty as property, tuple } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holdListed, tellListed } from '../../../test/differential/listed.ts'
import { differences } from '../../../test/differential/remix3-differences.ts'
import {
  calls,
  compare,
  json,
  keys,
  kinds,
  play,
  type Session,
  type Storage,
  type Visit,
  visited,
} from '../../../test/differential/remix3-kinds.ts'
import { scriptsDrawn } from '../../../test/helpers/depth.ts'
import { SECRET } from '../../../test/helpers/site.ts'
import { createCookie, createSession } from '../remix3.ts'

describe.each(Object.entries(kinds))('the same calls on Remix 3 and here, %s', (kind, make) => {
  // `differential.slow.test.ts` plays 250.
  test('an application and a browser see the same, but for what is listed', () => compare(kind, 50))

  tellListed(differences, kind, async (script) => {
    const both = make()
    const tell = async (storage: Storage) => json(await visited(storage, script as readonly Visit[]))
    return [await tell(both.theirs), await tell(both.ours)]
  })
})

holdListed(differences, 'remix-3.md', new URL('..', import.meta.url))

test('a session that is made by hand is the same', async () => {
  await hold(
    property(tuple(list(calls, { maxLength: 6 }), keys, keys), async ([script, one, two]) => {
      const data = [{ [one]: 1 }, { [two]: 'shown' }] as never
      const [theirs, ours] = [createTheirSession('id', data), createSession('id', data)]
      expect(play(ours as unknown as Session, script)).toEqual(play(theirs as unknown as Session, script))
    }),
    scriptsDrawn(300),
  )
})

test('a cookie that is missing, empty or not genuine is the same to both', async () => {
  const cookie = createCookie('sess', { secrets: [SECRET] })
  for (const header of [null, '', 'other=1', 'sess=', 'sess=x', 'sess=x.y']) {
    const value = await cookie.parse(header)
    for (const make of Object.values(kinds)) {
      const { theirs, ours } = make()
      expect(await visited({ ...ours, read: () => ours.read(value) }, [{ calls: [], cookie: 'kept' }])).toEqual(
        await visited({ ...theirs, read: () => theirs.read(value) }, [{ calls: [], cookie: 'kept' }]),
      )
    }
  }
})
