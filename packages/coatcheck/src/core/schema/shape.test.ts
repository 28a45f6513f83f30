import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { discretion, type Person, type Site, site } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { AdapterOptions } from '../options/options.ts'
import type { Codec, StandardSchema } from '../options/schema.ts'

/** One schema, in three languages. */
const SCHEMAS: Readonly<Record<string, StandardSchema>> = {
  zod: z
    .object({ cart: z.array(z.object({ id: z.string(), qty: z.number() })), age: z.number(), name: z.string().trim() })
    .partial(),
  valibot: v.partial(
    v.object({
      cart: v.array(v.object({ id: v.string(), qty: v.number() })),
      age: v.number(),
      name: v.pipe(v.string(), v.trim()),
    }),
  ),
  arktype: type({ 'cart?': type({ '+': 'delete', id: 'string', qty: 'number' }).array(), 'age?': 'number', 'name?': 'string.trim' }),
}

/** Releases of one site, behind a load balancer: the same clock, the same store, or the same cookies. */
function releases(...each: Partial<AdapterOptions>[]): { readonly sites: Site[]; at(release: number, who: Person): Person } {
  const clock = clockFrom()
  const store = memoryStore({ now: clock.now })
  const sites = each.map((options) => site({ clock, ...('store' in options ? {} : { store }), ...options }))
  return {
    sites,
    at(release, who) {
      const there = sites[release]?.person() as Person
      for (const { name, value } of who.browser.cookies()) there.browser.put(name, value)
      return there
    },
  }
}

const failure = async (work: () => unknown): Promise<unknown> => {
  try {
    await work()
    return undefined
  } catch (error) {
    return error
  }
}
void failure
void discretion
void releases
export type { Codec }

describe.each(Object.entries(SCHEMAS))('a schema of %s', (_, schema) => {
  describe.each(['sealed', 'stored'])('%s', (kind) => {
    const open = (options: Partial<AdapterOptions> = {}) => {
      const clock = clockFrom()
      return site({ clock, ...(kind === 'stored' && { store: memoryStore({ now: clock.now }) }), schema, ...options })
    }

    test('takes what fits, and refuses what does not at the call', async () => {
      const { person } = open()
      const ada = person()
      await ada.does((session) => {
        session.set('cart', [{ id: 'hat', qty: 1 }])
        expect(() => session.set('age', 'forty')).toThrow(/"age" does not fit the schema at age\./)
        expect(() => session.set('cart', [{ id: 'hat', qty: 'secret-7' }])).toThrow(/at cart\[0\]\.qty/)
        expect(() => session.update('age', () => 'forty')).toThrow(/BAD_VALUE|does not fit/)
      })
      expect(await ada.does((session) => ({ ...session.data }))).toEqual({ cart: [{ id: 'hat', qty: 1 }] })
    })
  })
})
