import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { call, modules } from '../../test/helpers/command.ts'

const { module, remove } = modules()
afterEach(remove)

const SECRET = 'Jx9mQ4vR2tY7wB5nC8kD1fG6hL3pZ0sA'
/** A shop whose visitors are `people`; '' is a guest. */
const shop = (people: readonly string[], options = ''): string =>
  module(
    `
    export const sessions = createSessions({ secrets: process.env.SHOP_SECRET, store: sqliteStore({ path: file('shop.sqlite') }), ${options} })
    const serve = withSession(sessions, async (request) => {
      const session = await sessions.open(request)
      session.set('cart', { hat: 2 })
      session.set('seen', new Date(0))
      const owner = new URL(request.url).searchParams.get('owner')
      if (owner) session.signIn(owner)
      return new Response()
    })
    const isNew = (await sessions.list('ada')).sessions.length === 0
    if (isNew) for (const owner of ${JSON.stringify(people)}) await serve(new Request('https://shop.example/?owner=' + owner))
    console.log('the module says something')
  `,
    { '.env': `SHOP_SECRET=${SECRET}\n` },
  )

const json = async (folder: string, ...args: string[]) => {
  const { code, said, complaint } = await call(folder, [...args, '--json'])
  return { code, complaint, ...JSON.parse(said || '{}') }
}

describe('secret', () => {
  it('prints a secret that createSessions takes, another each time', async () => {
    const [one, other] = await Promise.all([call('/', ['secret']), call('/', ['secret'])])
    expect([one?.said, other?.said]).toEqual([expect.stringMatching(/^[\w-]{44}$/), expect.stringMatching(/^[\w-]{44}$/)])
    expect(one?.said).not.toBe(other?.said)
  })

  it('prints a line for .env, and refuses what is no name', async () => {
    expect((await call('/', ['secret', '--name', 'SESSION_SECRET'])).said).toMatch(/^SESSION_SECRET=[\w-]{44}$/)
    expect(await call('/', ['secret', '--name', 'a b'])).toMatchObject({ code: 1, said: '' })
    expect(await call('/', ['secret', 'shop'])).toMatchObject({ code: 1, said: '' })
  })
})

describe('list, show, end, end-all', () => {
  it('lists the sessions of one owner, and those of all with the guests, a page at a time', async () => {
    const folder = shop(['ada', 'ada', 'grace', ''])
    const ada = await json(folder, 'list', '--owner', 'ada')
    expect([ada.code, ada.next, ada.sessions.map((each: { owner: string }) => each.owner)]).toEqual([0, null, ['ada', 'ada']])
    const handles: string[] = []
    let after: string | null = null
    do {
      const page: { sessions: { handle: string }[]; next: string | null } = await json(
        folder,
        'list',
        '--limit',
        '3',
        ...(after ? ['--after', after] : []),
      )
      handles.push(...page.sessions.map(({ handle }) => handle))
      after = page.next
    } while (after)
    expect([handles.length, new Set(handles).size]).toEqual([4, 4])
    const { said } = await call(folder, ['list', '--owner', 'grace'])
    expect(said).toMatch(/^handle +owner +signed in or begun +seen +ends\n[0-9a-f]{64} {2}grace {2}/)
    expect(said).not.toContain('the module says something')
  })

  it('shows a session without its values, and with them where that is asked for', async () => {
    const folder = shop(['ada'])
    const { sessions } = await json(folder, 'list', '--owner', 'ada')
    const [{ handle }] = sessions
    const hidden = await call(folder, ['show', handle])
    expect(hidden.said).toMatch(/owner {3}ada[\s\S]*cart {3}object of 1 {2}9 B\nseen {3}Date/)
    expect(hidden.said).not.toContain('hat')
    const { values } = await json(folder, 'show', handle, '--reveal')
    expect(values).toEqual([
      { key: 'cart', type: 'object of 1', bytes: 9, value: { hat: 2 } },
      { key: 'seen', type: 'Date', bytes: 24, value: '1970-01-01T00:00:00.000Z' },
    ])
    expect(await call(folder, ['show', 'f'.repeat(64)])).toMatchObject({
      code: 1,
      complaint: expect.stringContaining('no session of this handle'),
    })
  })

  it('ends one session by its handle, and nobody else’s', async () => {
    const folder = shop(['ada', 'grace'])
    const { sessions } = await json(folder, 'list', '--owner', 'grace')
    const [{ handle }] = sessions
    expect(await json(folder, 'end', handle, '--owner', 'ada')).toMatchObject({ code: 1, ended: 0 })
    expect(await json(folder, 'end', handle, '--owner', 'grace')).toMatchObject({ code: 0, ended: 1 })
    expect(await call(folder, ['end', handle])).toMatchObject({ code: 1, said: '' })
    expect((await json(folder, 'list')).sessions).toHaveLength(1)
  })

  it('ends all sessions of an owner but one, and those of everybody after a yes only', async () => {
    const folder = shop(['ada', 'ada', 'ada', ''])
    const [kept] = (await json(folder, 'list', '--owner', 'ada')).sessions
    expect(await json(folder, 'end-all', '--owner', 'ada', '--except', kept.handle)).toMatchObject({ code: 0, ended: 2 })
    expect(await call(folder, ['end-all', '--everything'], 'no')).toMatchObject({
      code: 1,
      complaint: expect.stringContaining('Nothing was ended'),
    })
    expect((await json(folder, 'list')).sessions).toHaveLength(2)
    expect(await call(folder, ['end-all', '--everything'], 'yes')).toMatchObject({
      code: 0,
      said: 'Ended: 2.',
      progress: ['Ending sessions …'],
    })
    for (const wrong of [
      ['end-all'],
      ['end-all', '--owner', 'ada', '--everything'],
      ['end-all', '--everything', '--except', 'x'],
    ])
      expect(await call(folder, wrong)).toMatchObject({ code: 1, said: '' })
  })
})

describe('prune and stats', () => {
  it('counts what is there, and removes what is over', async () => {
    const folder = shop(['ada', 'ada', 'grace', ''], 'idleTimeout: 3 * 86_400')
    const found = await json(folder, 'stats', '--owners', '1')
    expect(found).toMatchObject({
      sessions: { active: 4, signedIn: 3, guests: 1, unreadable: 0 },
      records: { all: 4, expired: 0, forwarding: 0, ended: 0 },
      owners: { count: 2, most: 2, top: [{ owner: 'ada', sessions: 2 }] },
      ending: { hour: 0, day: 0, week: 4, later: 0 },
    })
    expect(found.bytes.all).toBeGreaterThan(3 * found.bytes.median)
    const text = await call(folder, ['stats'], '')
    expect([text.said, text.progress]).toEqual([expect.stringMatching(/^sessions that live +4\n/), ['Records: 4']])
    expect(text.said).not.toMatch(/\bada\b/)

    // Three days later they are over.
    const later = readFileSync(join(folder, 'sessions.ts'), 'utf8').replace(
      'idleTimeout: 3',
      'now: () => Date.now() + 4 * 86_400_000, idleTimeout: 3',
    )
    const old = module(
      later
        .slice(later.indexOf('export'))
        .replace("file('shop.sqlite')", JSON.stringify(join(folder, 'shop.sqlite')))
        .replace('owner of', 'owner of false ? [] :'),
      { '.env': `SHOP_SECRET=${SECRET}\n` },
    )
    expect(await json(old, 'stats')).toMatchObject({ sessions: { active: 4 }, records: { all: 8, expired: 4 } })
    expect(await json(old, 'prune')).toMatchObject({ code: 0, removed: 4 })
    expect(await json(old, 'prune')).toMatchObject({ code: 0, removed: 0 })
  })

  it('walks through more records than one page has, and shows how far it is', async () => {
    const folder = module(`
      const store = sqliteStore({ path: file('shop.sqlite') })
      for (let n = 0; n < 1200; n++)
        await store.create(n.toString(16).padStart(64, '0'), { data: '{}', createdAt: 1, endsAt: 2, expiresAt: 2 })
      export const sessions = createSessions({ secrets: '${SECRET}', store })`)
    const { said, progress } = await call(folder, ['prune'], '')
    expect([said, progress]).toEqual(['Removed: 1200.', ['Removed: 1000', 'Removed: 1200']])
    expect((await call(folder, ['stats'], '')).progress.at(-1)).toBe('Records: 0')
  })

  it('says that there is nothing to count where sessions live in cookies', async () => {
    const folder = module(`export const sessions = createSessions({ secrets: '${SECRET}' })`)
    for (const command of ['stats', 'prune', 'list', 'end-all --owner ada', 'end f'])
      expect(await call(folder, command.split(' '))).toMatchObject({
        code: 1,
        said: '',
        complaint: expect.stringMatching(/cookie|with its visitor/),
      })
  })
})

describe('where sessions come from', () => {
  it('finds what is exported under any name, and asks which where there are several', async () => {
    const folder = module(`
      const make = (name: string) => createSessions({ secrets: '${SECRET}', store: memoryStore(), cookie: { name } })
      export const shop = make('__Host-shop')
      export const office = make('__Host-office')`)
    expect(await call(folder, ['list'])).toMatchObject({
      code: 1,
      complaint: 'sessions.ts makes several sessions.\nChoose one of these by --site: shop, office.',
    })
    expect((await call(folder, ['list', '--site', 'office'])).code).toBe(0)
    expect((await call(folder, ['list', '--site', '__Host-shop'])).code).toBe(0)
    expect((await call(folder, ['list', '--site', 'other'])).complaint).toMatch(/no sessions called "other"/)
  })

  it('takes options and a store in the place of sessions', async () => {
    const options = module(`export default { secrets: '${SECRET}', store: memoryStore() }`)
    expect((await call(options, ['list'])).said).toBe('No session lives here.')
    const store = module('export const store = memoryStore()', { '.env': `SESSION_SECRET=${SECRET}` })
    expect((await call(store, ['list'])).said).toBe('No session lives here.')
  })

  it('says what to do where it finds none, and never runs what it does not know', async () => {
    expect((await call('/', ['list'])).complaint).toMatch(/^No file here makes sessions: .*\nName yours: --config/)
    const folder = module('export const dropDatabase = () => { throw new Error("called") }\nexport const x = 1')
    expect((await call(folder, ['list'])).complaint).toMatch(/^sessions\.ts makes no sessions that this command can see\.\n/)
    expect((await call(folder, ['list', '--config', 'other.ts'])).complaint).toMatch(/^There is no file .*other\.ts\.\n/)
    expect((await call(folder, ['list', '--env', 'other.env'])).complaint).toMatch(/^There is no file .*other\.env\.\n/)
  })

  it('says what keeps a module from loading, without a password', async () => {
    const cases = [
      ["import './missing.ts'", /missing\.ts/],
      ["throw new Error('connect redis://user:hunter2@host failed')", /connect redis:\/\/…@host failed/],
      ['createSessions({ secrets: process.env.NOT_SET })', /`secrets` is undefined/],
    ] as const
    for (const [text, says] of cases) {
      const { code, complaint } = await call(module(text), ['list'])
      expect([code, complaint]).toEqual([1, expect.stringMatching(says)])
      expect(complaint).not.toContain('hunter2')
    }
  })

  it('finds modules that name each other without an ending, as bundlers do', async () => {
    const folder = module(
      "import { secret } from './secret'\nexport const sessions = createSessions({ secrets: secret, store: memoryStore() })",
      {
        'secret.ts': `export const secret: string = '${SECRET}'`,
      },
    )
    expect((await call(folder, ['list'])).said).toBe('No session lives here.')
  })
})

it('says what a store reports with its code and nothing of its message', async () => {
  const folder = module(`
    const down = async () => { throw Object.assign(new Error('redis://user:hunter2@host'), { code: 'ECONNREFUSED' }) }
    export const sessions = createSessions({ secrets: '${SECRET}', store: { ...memoryStore(), listByOwner: down, list: down } })`)
  const { code, complaint } = await call(folder, ['list', '--owner', 'ada'])
  expect([code, complaint]).toEqual([1, expect.stringMatching(/^The store failed.*ECONNREFUSED[^\n]*\n/)])
  expect(complaint).not.toContain('hunter2')
})

it.each(['secret', 'doctor', 'inspect', 'list', 'show', 'end', 'end-all', 'prune', 'stats', 'asvs'])(
  '%s explains itself with examples',
  async (name) => {
    const { code, said } = await call('/', [name, '--help'])
    expect([code, said]).toEqual([0, expect.stringMatching(new RegExp(`^coatcheck ${name}`))])
    expect(said).toContain('--json')
    expect(said.match(/^ {2}(.* \| )?npx coatcheck /gm)?.length).toBeGreaterThan(1)
    for (const line of said.split('\n')) expect(line.length).toBeLessThan(150)
    expect(await call('/', [name, '--nonsense'])).toMatchObject({
      code: 1,
      complaint: expect.stringContaining(`npx coatcheck ${name} --help`),
    })
  },
)
