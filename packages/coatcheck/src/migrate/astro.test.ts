import { stringify } from 'devalue'
import { createStorage } from 'unstorage'
import { describe, expect, it, test } from 'vitest'
import { asking, spoiled, THEN, vectors } from '../../test/helpers/migrate.ts'
import { type AstroDriver, astroRecord } from './astro.ts'

const recorded = vectors<{
  basic: { stored: [[id: string, text: string]] }
  devalueVectors: Record<string, string>
}>('astro')
const ID = 'aaaaaaaa-0000-4000-8000-000000000001'
const ask = (now = THEN) => asking('astro-session', {}, now)

/** A driver that holds these records, and tells what was asked of it. */
function driverOf(records: Record<string, unknown>): AstroDriver & { readonly calls: string[] } {
  const calls: string[] = []
  return {
    calls,
    async getItem(key) {
      calls.push(`get ${key}`)
      return Object.hasOwn(records, key) ? records[key] : null
    },
    async removeItem(key) {
      calls.push(`remove ${key}`)
      delete records[key]
    },
  }
}

const READ: Record<string, unknown> = {
  string: 'x',
  num: 1,
  date: new Date(0),
  map: new Map([['a', 1]]),
  set: new Set([1]),
  url: new URL('https://x.y/'),
  bigint: 5n,
  undef: undefined,
  nul: null,
  nested: { a: [1, { b: 2 }] },
  repeated: [{ z: 1 }, { z: 1 }],
  u8: Uint8Array.of(1, 2, 3),
  ab: Uint8Array.of(1, 2).buffer,
}

test.each(Object.entries(recorded.devalueVectors))(
  'reads the recorded value %s, as text and as drivers parse it',
  async (name, text) => {
    expect(Object.hasOwn(READ, name)).toBe(true)
    for (const stored of [text, JSON.parse(text)]) {
      const found = await astroRecord(driverOf({ [ID]: stored })).read(ID, ask())
      expect(found).toMatchObject({ unique: ID, ends: {} })
      expect(found?.values).toEqual({ v: READ[name] })
    }
  },
)

it('reads a whole record: values whose time has passed are left out, others keep their end', async () => {
  const [[id, text]] = recorded.basic.stored
  const reader = astroRecord(driverOf({ [id]: text }))
  const all = await reader.read(id, ask(1_700_000_060_000))
  expect(all?.ends).toEqual({ cart: 1_700_000_060_000, user: 1_700_003_600_000, noTtlFalse: 1_700_000_060_000 })
  expect(all?.values).toMatchObject({ cart: ['a', 'b'], user: { name: 'Houston', u: new URL('https://astro.build/x?y=1') } })
  const later = await reader.read(id, ask(1_700_000_060_001))
  expect(Object.keys(later?.values ?? {})).toEqual(['user'])
  const end = await reader.read(id, ask(1_700_003_600_001))
  expect(end?.values).toEqual({})
})

it('reads a time that is no time as none, and a part of a millisecond as the whole one before', async () => {
  const entries = [Number.NaN, Number.POSITIVE_INFINITY, THEN + 1.5].map(
    (expires, index) => [`k${index}`, { data: 1, expires }] as const,
  )
  const found = await astroRecord(driverOf({ [ID]: stringify(new Map(entries)) })).read(ID, ask())
  expect(found).toMatchObject({ values: { k1: 1, k2: 1 }, ends: { k2: THEN + 1 } })
  expect(Object.keys({ ...found?.values, ...found?.ends })).toEqual(['k1', 'k2'])
})

it('removes the record when it is told to forget it, and not before', async () => {
  const driver = driverOf({ [ID]: '[["Map",1,2],"k",{"data":3,"expires":-1},1]' })
  const found = await astroRecord(driver).read(ID, ask())
  expect(driver.calls).toEqual([`get ${ID}`])
  await found?.forget?.()
  expect(driver.calls).toEqual([`get ${ID}`, `remove ${ID}`])
  expect(await astroRecord(driver).read(ID, ask())).toEqual({ values: {}, unique: ID, gone: true })
})

it('works with a storage of unstorage, which parses what it reads', async () => {
  const storage = createStorage()
  await storage.setItem(ID, '[["Map",1,2],"k",{"data":3,"expires":-1},{"a":4},1]')
  const found = await astroRecord(storage).read(ID, ask())
  expect(found?.values).toEqual({ k: { a: 1 } })
  await found?.forget?.()
  expect(await storage.hasItem(ID)).toBe(false)
})

it('asks the driver for nothing but a UUID as Astro makes them', async () => {
  const driver = driverOf({})
  const reader = astroRecord(driver)
  const junk = [
    ...spoiled(ID).filter((value) => !/^[0-9a-f-]{36}$/.test(value)),
    'deleted',
    ID.toUpperCase(),
    '12345678-1234-1234-8234-123456789abc',
    '12345678-1234-4234-c234-123456789abc',
    `${ID}\n`,
    `"${ID}"`,
    '../../etc/passwd',
  ]
  expect(junk.flatMap((value) => reader.read(value, ask()) ?? [])).toEqual([])
  expect(driver.calls).toEqual([])
})

describe('a record that cannot be read', () => {
  test.each<[string, unknown]>([
    ['torn', '[["Map",1,2],"k",{"da'],
    ['empty', ''],
    ['no devalue', '{"k":1}'],
    ['no Map', '[{"k":1},1]'],
    ['a list of pairs', '[[1],[2,3],"k",{"data":4},5]'],
    ['a number', 7],
    ['of an unknown type', '[["Map",1,2],"k",{"data":3,"expires":-1},["Evil",4],1]'],
    ['a prototype', '[["Map",1,2],"k",{"data":3,"expires":-1},{"__proto__":4},{"x":5},1]'],
    ['larger than it is', '[["Map",1,2],"k",{"data":3,"expires":-1},[-7,4294967295]]'],
    [
      'deeper than a stack',
      `[["Map",1,2],"k",{"data":3,"expires":-1},${Array.from({ length: 50_000 }, (_, i) => `[${i + 4}]`)},1]`,
    ],
  ])('is damaged and stays: %s', async (_, stored) => {
    const driver = driverOf({ [ID]: stored })
    await expect(astroRecord(driver).read(ID, ask())).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
    expect(driver.calls.filter((call) => call.startsWith('remove'))).toEqual([])
  })

  it('is read again first: Astro may have been in the middle of writing it', async () => {
    const texts = ['', '[["Map",1,', '[["Map",1,2],"k",{"data":3,"expires":-1},1]']
    const found = await astroRecord({ getItem: () => texts.shift(), removeItem: () => {} }).read(ID, ask())
    expect(found?.values).toEqual({ k: 1 })
  })

  it('leaves out entries that are none, and keys that name no value', async () => {
    const text =
      '[["Map",1,2,3,4,5,6,7,8,9,6],"a",null,1,{"data":8,"expires":10},"__proto__",{"data":8,"expires":10},"b",2,"",-1]'
    const found = await astroRecord(driverOf({ [ID]: text })).read(ID, ask())
    expect(found?.values).toEqual({})
  })
})

it('reports a driver that fails, and forgets nothing then', async () => {
  const cause = new Error('down')
  const down = {
    getItem: () => {
      throw cause
    },
    removeItem: () => Promise.reject(cause),
  }
  await expect(astroRecord(down).read(ID, ask())).rejects.toMatchObject({ code: 'STORE_FAILED', cause })
  const halfDown = { ...down, getItem: () => '[["Map"]]' }
  const found = await astroRecord(halfDown).read(ID, ask())
  await expect(found?.forget?.()).rejects.toMatchObject({ code: 'STORE_FAILED', cause })
})
