import { afterEach, expect, it } from 'vitest'
import { losesNothing, outlives, siteOver } from '../../test/helpers/faults.ts'
import type { Person } from '../../test/helpers/site.ts'
import { type SmallDisk, smallDisk } from '../../test/helpers/small-disk.ts'

let disk: SmallDisk | undefined
afterEach(() => disk?.close())

const open = async (kind: 'file' | 'sqlite'): Promise<SmallDisk> => {
  disk = await smallDisk(kind)
  return disk
}

async function full(kind: 'file' | 'sqlite'): Promise<void> {
  const { store, fill, free, says } = await open(kind)
  await outlives(store, { strike: () => fill(), heal: free, says })
}

async function fullUnderLoad(kind: 'file' | 'sqlite'): Promise<void> {
  const { store, fill, free } = await open(kind)
  await losesNothing(store, { strike: () => fill(), heal: free })
}

/** Visitors come until one of them finds no room. */
async function filling(kind: 'file' | 'sqlite'): Promise<void> {
  const { store, fill, free, says } = await open(kind)
  const site = siteOver(store)
  const people: Person[] = []
  const comes = async (person: Person): Promise<void> => {
    await person.does((session) => session.set('essay', `${people.length} ${'x'.repeat(4000)}`))
    people.push(person)
  }
  for (let n = 0; n < 5; n++) await comes(site.person())
  await fill(200_000)
  let unlucky = site.person()
  let refused: unknown
  while (!refused && people.length < 200) {
    unlucky = site.person()
    refused = await comes(unlucky).then(
      () => undefined,
      (error) => error,
    )
  }
  expect(refused).toMatchObject({ code: 'STORE_FAILED' })
  expect(`${Object(refused).message} ${Object(refused).cause}`).toMatch(says)
  expect(unlucky.ticket).toBeUndefined()
  const essays = () => Promise.all(people.map((person) => person.does((session) => String(session.get('essay')).split(' ')[0])))
  const written = people.map((_, n) => String(n))
  expect(await essays()).toEqual(written)
  await free()
  expect(await essays()).toEqual(written)
  await comes(unlucky)
  expect((await essays()).at(-1)).toBe(String(written.length))
}

it('fault: file | the disk is full | STORE_FAILED (ENOSPC) for writes | goes on once there is room', () => full('file'))
it('fault: file | the disk gets full under load | STORE_FAILED (ENOSPC) for writes | all that was acknowledged is there, nothing twice', () =>
  fullUnderLoad('file'))
it('fault: file | sessions fill the disk | STORE_FAILED (ENOSPC) for who comes last; what is there can be read | goes on once there is room', () =>
  filling('file'))

it('fault: SQLite | the disk is full | STORE_FAILED (FULL) for writes | goes on once there is room', () => full('sqlite'))
it('fault: SQLite | the disk gets full under load | STORE_FAILED (FULL) for writes | all that was acknowledged is there, nothing twice', () =>
  fullUnderLoad('sqlite'))
it('fault: SQLite | sessions fill the disk | STORE_FAILED (FULL) for who comes last; what is there can be read | goes on once there is room', () =>
  filling('sqlite'))
