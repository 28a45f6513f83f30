import { expect, it } from 'vitest'
import { asking } from '../../test/helpers/migrate.ts'
import { SessionError } from '../errors.ts'
import { remixId } from './remix.ts'
import { storedSessions } from './stored.ts'

const ids = remixId(['secret1'])
const cookie = String(ids.write('row 7'))

it('reads the record whose id the cookie shows, and removes it when told to', async () => {
  const rows = new Map([['row 7', { user: 'ada', __flash_message__: 'Hi' }]])
  const removed: string[] = []
  const reader = storedSessions(
    ids,
    async (id) => rows.get(id) ?? null,
    async (id) => void removed.push(id),
  )
  expect(reader.format).toBe('remix')
  const found = await reader.read(cookie, asking())
  expect(found).toMatchObject({ values: { user: 'ada' }, flash: { message: 'Hi' }, unique: 'row 7' })
  expect(removed).toEqual([])
  await found?.forget?.()
  expect(removed).toEqual(['row 7'])
})

it('asks for nothing when the cookie shows no id', () => {
  const reader = storedSessions(ids, () => Promise.reject(new Error('asked')))
  expect(reader.read('made up', asking())).toBe(undefined)
  expect(reader.read(String(remixId(['another']).write('row 7')), asking())).toBe(undefined)
})

it('is nothing when there is no record, or none of values', async () => {
  for (const answer of [null, undefined]) {
    expect(await storedSessions(ids, async () => answer).read(cookie, asking())).toEqual({
      values: {},
      unique: 'row 7',
      gone: true,
    })
  }
  for (const answer of [[], 7]) {
    expect(await storedSessions(ids, async () => answer as never).read(cookie, asking())).toBe(undefined)
  }
})

it('forgets nothing where nothing can be removed', async () => {
  expect(await storedSessions(ids, async () => ({})).read(cookie, asking())).toEqual({ values: {}, flash: {}, unique: 'row 7' })
})

it('reports storages that fail, and throw', async () => {
  const cause = new Error('down')
  const known = new SessionError('DAMAGED_RECORD', 'It is torn.')
  await expect(storedSessions(ids, () => Promise.reject(known)).read(cookie, asking())).rejects.toBe(known)
  const failing = () => Promise.reject(cause)
  const throwing = () => {
    throw cause
  }
  for (const read of [failing, throwing]) {
    await expect(storedSessions(ids, read).read(cookie, asking())).rejects.toMatchObject({ code: 'STORE_FAILED', cause })
    const found = await storedSessions(ids, async () => ({}), read).read(cookie, asking())
    await expect(found?.forget?.()).rejects.toMatchObject({ code: 'STORE_FAILED', cause })
  }
})
