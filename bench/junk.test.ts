import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** What the bench prints after a few rounds, whose figures say nothing. */
async function bench(...options: string[]): Promise<string> {
  const script = join(import.meta.dirname, 'junk.ts')
  return (await promisify(execFile)(process.execPath, [script, '--quick', ...options])).stdout
}

test('it prints a row for each kind of junk, and what each costs through fetch and node', async () => {
  const printed = await bench('--kind', 'sealed: junk of')
  const figure = '\\d+(\\.\\d)?, -?\\d+(\\.\\d)? \\(\\d+ µs\\)'
  for (const name of ['junk of 40 characters', 'junk of 4 kB', 'junk of 32 kB in one cookie', 'junk of 31 kB in eight pieces'])
    expect(printed).toMatch(new RegExp(`\\| sealed \\| ${name} \\| ${figure} \\| ${figure} \\|`))
  expect(printed).toMatch(/Nothing is over 3 times\.|Over 3 times:/)
})

test('every kind of junk gets an answer from every site, and opens nothing', async () => {
  const { allJunk, SITES } = await import('./junk-kinds.ts')
  const { withSession } = await import('../packages/coatcheck/src/adapters/fetch.ts')
  const junk = await allJunk()
  expect(new Set(junk.map(({ site }) => site))).toEqual(new Set(Object.keys(SITES)))
  for (const { site, name, headers } of junk) {
    const sessions = SITES[site]
    if (!sessions) throw new Error(`There is no site "${site}".`)
    // A bomb is in the record of a session that is there; one of them is seen before the record is parsed.
    const isBomb = name.startsWith('a record') && !name.includes('10 000 deep')
    // Where nothing is signed, anybody's values open.
    if (site === 'old remix, unsigned' && name.startsWith('a companion')) continue
    const handle = withSession(sessions, async (request) => {
      const session = await sessions.open(request)
      return new Response(JSON.stringify([session.isNew, session.get('user') === undefined]))
    })
    const request = new Request('https://app.test/')
    for (const [header, value] of Object.entries(headers())) request.headers.set(header, Buffer.from(value).toString('latin1'))
    const [isNew, hasNoUser] = JSON.parse(await (await handle(request)).text())
    expect([`${site}: ${name}`, isNew]).toEqual([`${site}: ${name}`, !isBomb])
    if (!isBomb) expect(hasNoUser).toBe(true)
  }
})
