import { describe, expect, test } from 'vitest'
import { place, type Server } from '../../../test/helpers/servers.ts'
import { Entry } from '../model/codec.ts'
import { EMPTY } from '../model/contents.ts'
import type { LiveSession } from './session.ts'
import { Values } from './values.ts'

test('an update that leaves the value as it is, is no change', () => {
  const contents = { ...EMPTY, values: new Map([['n', Entry.of(1, 'n')]]) }
  const values = new Values(
    contents,
    () => 0,
    () => {},
  )
  values.update('n', (n) => n)
  expect([values.changed, values.take().changes.size]).toEqual([false, 0])
  values.update('n', (n) => Number(n) + 1)
  expect([values.changed, values.take().changes.size]).toEqual([true, 1])
})

describe.each([
  ['B0: a value that a newer release wrote in a way of its own', { kind: 'blue' }],
  ['a value that cannot be decoded', { r: [['no such type', 1]] }],
])('%s', (_, raw) => {
  const isNewer = 'kind' in raw

  /** A session with a good value and flash value, and one of these of each. */
  async function found(): Promise<{ server: Server; ticket: string; stored: () => Promise<Record<'data' | 'flash', object>> }> {
    const site = place()
    const server = site.server()
    const ticket = await server.visit((s) => [s.set('good', 1), s.flash('notice', 'hello')])
    const key = await server.look(ticket, (s) => s.handle ?? '')
    const read = async () => (await site.records.read(key)) ?? Promise.reject(new Error('no such record'))
    const { record, version } = await read()
    const contents = JSON.parse(record.data)
    Object.assign(contents.data, { bad: raw })
    Object.assign(contents.flash, { worse: { ...raw, i: 'an id' } })
    await site.records.update(key, { ...record, data: JSON.stringify(contents) }, version)
    return { server, ticket, stored: async () => JSON.parse((await read()).record.data) }
  }

  test('is absent, however it is asked for', async () => {
    const { server, ticket } = await found()
    const seen = (s: LiveSession) => [s.get('bad'), s.has('bad'), s.entries(), { ...s.data }, s.keys(), s.peek('worse')]
    expect(await server.look(ticket, seen)).toEqual([undefined, false, [['good', 1]], { good: 1 }, ['good'], undefined])
    const first = (s: LiveSession) => [s.entries(), s.flash('worse'), s.flash('notice')]
    expect(await server.look(ticket, first)).toEqual([[['good', 1]], undefined, 'hello'])
  })

  test.each<[string, (session: LiveSession) => unknown]>([
    ['patched', (s) => s.patch((data) => ({ ...data, more: 2 }))],
    ['written to beside it', (s) => s.set('more', 2)],
    [
      'written to after all of it was looked at',
      (s) => [s.entries(), { ...s.data }, s.flash('worse'), s.peek('worse'), s.set('more', 2)],
    ],
  ])('is kept when its session is %s', async (_, act) => {
    const { server, ticket, stored } = await found()
    await server.visit(act, ticket)
    const { data, flash } = await stored()
    expect(data).toEqual({ good: { v: 1 }, bad: raw, more: { v: 2 } })
    if (isNewer) expect(flash).toMatchObject({ worse: raw })
  })

  test('is replaced by name only', async () => {
    const { server, ticket, stored } = await found()
    await server.visit((s) => [s.set('bad', 2), s.flash('worse', 'x')], ticket)
    expect(await stored()).toMatchObject({ data: { bad: { v: 2 } }, flash: { worse: { v: 'x' } } })
    await server.visit((s) => s.delete('bad'), ticket)
    expect((await stored()).data).toEqual({ good: { v: 1 } })
  })

  test('outlives a replacement of all values only when it is of a newer release', async () => {
    const { server, ticket, stored } = await found()
    await server.visit((s) => s.replace({ only: 1 }), ticket)
    expect((await stored()).data).toEqual({ only: { v: 1 }, ...(isNewer && { bad: raw }) })
  })
})
