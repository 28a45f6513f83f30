// The engine's own suite: what a visitor is promised, through the fetch adapter and a browser's cookie jar. It knows no runtime and no runner.
import { createSessions, SessionError } from 'coatcheck'
import { withSession } from 'coatcheck/fetch'
import { h3Seal } from 'coatcheck/migrate/h3'
import { remixCookie } from 'coatcheck/migrate/remix'
import { memoryStore } from 'coatcheck/stores/memory'
import { visitor } from 'coatcheck/testing'

const SECRET = 'qT7-vN2_zR9xK4mW8bY1cF6hJ3pL5sD0gA-u'
const OTHER = 'Zx1_Cv2-Bn3Mm4As5Df6Gh7Jk8Lq9We0Rt-y'
const START = 1_800_000_000_000

/** A session that was sealed on Node, by node:crypto, with SECRET, at START: { name: 'ada' }. */
const SEALED_ON_NODE =
  'Agv7b2c5Yhf8P9TztkmLzqZ6B9T7pN0rnvW9iV725Iohnc6clt_FC7re4uk685R7nu5L0Bl4zhryi0k7NyH5b0_OYDHP0lgwZNDjuzuLo3VOkycjbOj73-oiIOa3_WyVwjcR3Uc81Tvrx_IoYgm-JT2irL8C_tasPGxgmr4rPOaIcj90SdEs2LwbkWAD2c16HA-42bHJ9zA1vl2QuxHQBfTzHvHhUIfQLjRBuWNjTHx8f2oR'

/** Sessions that other libraries wrote: with the secret, the values. */
const OLD = [
  {
    reader: () => remixCookie(['secret1']),
    value: 'eyJ1c2VyIjoibWphY2tzb24iLCJfX2ZsYXNoX2Vycm9yX18iOiJib29tIn0%3D.3fANf%2FzNcY1ujLFVMq5Z434lnow%2BbwHfGBFyw2vPZOY',
    holds: { user: 'mjackson' },
  },
  {
    reader: () => h3Seal({ password: '1234567123456712345671234567123456712345671234567' }),
    value:
      'Fe26.2**10f9953a706d0e3a05b377287950695c075f6c6877cb350491a91c02cd4e1851*9eW1uOjy-ijJ5e8p14sW-w*ERGUA2T7b92liBU1jsAiZYGQ6kGwdOHn15vvu1uuqzBC9HUmoMFOFImS9ErpAYXoBIpS1ek8XrCdTnAiZsupQdIPgXjFdC9l2KOYEE0uR9w**188bda8295574f52c4640368261d41a483521f3e859dd90a91cffb299eebe3a7*U_xASUG3vhJskg3qYXRBsEgo06975rNM6ajXg3ohtVo',
    holds: { foo: 'bar', n: 1 },
  },
]

function same(actual, expected, what) {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${what}: ${is}, and it should be ${should}`)
}

/** A site whose handler does what each request brings along. */
function site(options) {
  const clock = { now: START }
  const events = []
  const { unsigned, ...more } = options
  const secrets = unsigned ? {} : { secrets: SECRET }
  const sessions = createSessions({ ...secrets, now: () => clock.now, onEvent: (event) => events.push(event), ...more })
  const acts = new Map()
  const serve = withSession(sessions, async (request) => {
    const act = acts.get(new URL(request.url).pathname)
    return (await act(() => sessions.open(request), request)) ?? new Response('ok')
  })
  let count = 0
  return {
    clock,
    events,
    /** A browser; `does(act)` is one request, `act` gets the session. */
    person(from) {
      const browser = from ?? visitor(serve, { now: () => clock.now })
      const raw = async (act, init) => {
        const path = `/${++count}`
        acts.set(path, act)
        return browser.get(path, init)
      }
      const does = async (act, init) => {
        let result
        await raw(async (open) => {
          result = await act(await open())
        }, init)
        return result
      }
      return { browser, raw, does, twin: () => browser.steal() }
    },
  }
}

/** A place in a handler that it passes only when told to. */
function gate() {
  let pass
  const passed = new Promise((resolve) => {
    pass = resolve
  })
  let arrive
  const arrived = new Promise((resolve) => {
    arrive = resolve
  })
  return {
    arrived,
    pass,
    wait() {
      arrive()
      return passed
    },
  }
}

function anySession(it, label, make) {
  const test = (name, body) => it(`${label}: ${name}`, async () => body(site(await make())))

  test('a visitor who stores nothing gets no cookie, and an untouched page may be cached', async (s) => {
    const ada = s.person()
    const untouched = await ada.raw(() => new Response('hello'))
    same([untouched.headers.get('vary'), untouched.headers.get('cache-control')], [null, null], 'headers of an untouched page')
    same(await ada.does((session) => [session.isNew, session.get('name') ?? null]), [true, null], 'what a stranger is seen as')
    same(ada.browser.cookies().length, 0, 'cookies of a visitor who only looked')
  })

  test('promise 13: what goes in comes out', async (s) => {
    const ada = s.person()
    const cyclic = { self: undefined }
    cyclic.self = cyclic
    await ada.does((session) => {
      session.set('when', new Date(5))
      session.set('map', new Map([['a', new Set([1n])]]))
      session.set('url', new URL('https://a.test/b'))
      session.set('bytes', new Uint8Array([1, 2, 3]).subarray(1))
      session.set('cyclic', cyclic)
      session.set('plain', { list: [1, 'zwei', null, true] })
    })
    await ada.does((session) => {
      same(session.get('when').getTime(), 5, 'the date')
      same(session.get('map').get('a').has(1n), true, 'the bigint in the set in the map')
      same(session.get('url').href, 'https://a.test/b', 'the address')
      same([...session.get('bytes')], [2, 3], 'the bytes')
      same(session.get('cyclic').self === session.get('cyclic'), true, 'the cycle')
      same(session.get('plain'), { list: [1, 'zwei', null, true] }, 'plain data')
    })
  })

  test('promise 12: a nested change is stored, a flash is read once, a key with a ttl goes by itself', async (s) => {
    const ada = s.person()
    await ada.does((session) => {
      session.set('cart', [])
      session.set('code', 1, { ttl: 60 })
      session.flash('note', 'hi')
    })
    await ada.does((session) => void session.get('cart').push('coat'))
    same(
      await ada.does((session) => [session.get('cart'), session.flash('note'), session.get('code')]),
      [['coat'], 'hi', 1],
      'a second visit',
    )
    s.clock.now += 61_000
    same(await ada.does((session) => [session.flash('note') ?? null, session.has('code')]), [null, false], 'a later visit')
  })

  test('promise 5: a replayed cookie is refused once the session is over', async (s) => {
    const ada = s.person()
    await ada.does((session) => session.set('name', 'ada'))
    const copy = s.person(ada.twin())
    s.clock.now += 7 * 86_400_000
    same(await copy.does((session) => session.isNew), true, 'a copy of an old cookie')
    same(s.events.at(-1)?.reason, 'idle-expired', 'the reason')
  })

  test('promise 6: a forged ticket is a fresh visitor and an event', async (s) => {
    const ada = s.person()
    await ada.does((session) => session.set('name', 'ada'))
    const [{ name, value }] = ada.browser.cookies()
    const turned = value.slice(0, 30) + (value[30] === 'A' ? 'B' : 'A') + value.slice(31)
    same(await s.person().does((session) => session.isNew, { headers: { cookie: `${name}=${turned}` } }), true, 'a turned ticket')
    same(s.events.at(-1)?.type, 'refused', 'the event')
    same(JSON.stringify(s.events).includes(value.slice(0, 20)), false, 'a ticket in an event')
  })

  test('a handler that throws changes nothing; one that answers 500 neither', async (s) => {
    const ada = s.person()
    await ada.does((session) => session.set('n', 1))
    await ada.raw(async (open) => {
      ;(await open()).set('n', 2)
      return new Response('', { status: 500 })
    })
    await ada
      .raw(async (open) => {
        ;(await open()).set('n', 3)
        throw new Error('no')
      })
      .then(
        () => same(1, 2, 'a handler that threw answered'),
        () => {},
      )
    same(await ada.does((session) => session.get('n')), 1, 'the value after both')
  })

  test('promise 11: what depends on a session stays out of shared caches, and a redirect keeps its cookie', async (s) => {
    const ada = s.person()
    const redirect = await ada.raw(
      async (open) => {
        ;(await open()).set('n', 1)
        return Response.redirect('https://app.test/next')
      },
      { follow: false },
    )
    same(
      [redirect.status, redirect.headers.get('cache-control'), redirect.headers.get('vary')],
      [302, 'no-store', 'Cookie'],
      'the redirect',
    )
    same(ada.browser.cookies().length, 1, 'cookies after a redirect')
  })

  test('signing in keeps the cart under a new ticket; signing out takes everything but what is kept', async (s) => {
    const ada = s.person()
    await ada.does((session) => session.set('cart', ['coat']))
    const before = ada.browser.cookies()[0].value
    await ada.does((session) => session.signIn('ada@example.org'))
    same(ada.browser.cookies()[0].value === before, false, 'the ticket stayed')
    same(await ada.does((session) => [session.owner, session.get('cart')]), ['ada@example.org', ['coat']], 'after signing in')
    await ada.does((session) => {
      session.set('language', 'de')
      session.signOut({ keep: ['language'] })
    })
    same(
      await ada.does((session) => [session.owner ?? null, session.has('cart'), session.get('language')]),
      [null, false, 'de'],
      'after',
    )
  })
}

function storedSession(it, label, make) {
  const test = (name, body) => it(`${label}: ${name}`, async () => body(site(await make())))

  test('promise 1: 32 parallel requests, and no change is lost', async (s) => {
    const ada = s.person()
    await ada.does((session) => session.set('n', 0))
    await Promise.all(
      Array.from({ length: 32 }, (_, i) =>
        ada.does((session) => {
          session.update('n', (n) => n + 1)
          session.set(`key${i}`, i)
        }),
      ),
    )
    same(await ada.does((session) => [session.get('n'), session.keys().length]), [32, 33], 'count and keys')
  })

  test('promise 2: a logout beats a request in flight, in the store and in the browser', async (s) => {
    const ada = s.person()
    await ada.does((session) => session.signIn('ada'))
    const thief = s.person(ada.twin())
    const slow = gate()
    const late = ada.does(async (session) => {
      await slow.wait()
      session.set('late', true)
      session.regenerateId()
    })
    await slow.arrived
    await ada.does((session) => session.destroy())
    slow.pass()
    await late
    same(await ada.does((session) => session.isNew), true, 'the browser is signed in')
    same(await thief.does((session) => session.isNew), true, 'the old cookie is alive')
  })

  test('promise 8: the old id never shows who signed in, and is dead and reported once its grace is over', async (s) => {
    const ada = s.person()
    await ada.does((session) => session.set('cart', ['coat']))
    const planted = s.person(ada.twin())
    const later = s.person(ada.twin())
    await ada.does((session) => {
      session.signIn('ada')
      session.set('address', 'Main Street')
    })
    const seen = (session) => [session.owner ?? null, session.keys(), session.readOnly]
    same(await planted.does(seen), [null, ['cart'], false], 'the planted id at once')
    same(planted.browser.cookies()[0].value === later.browser.cookies()[0].value, true, 'the planted id was told a new one')
    s.clock.now += 60_000
    same(await later.does(seen), [null, [], true], 'the planted id a minute later')
    same(s.events.findLast(({ type }) => type === 'refused')?.reason, 'replaced', 'the reason')
    same(s.events.filter(({ type }) => type === 'replayed').length, 1, 'the alarms')
    same(await ada.does(seen), ['ada', ['cart', 'address'], false], 'the session of who signed in')
  })

  test('promise 8: what a request in flight wrote is kept across the new id', async (s) => {
    const ada = s.person()
    await ada.does((session) => session.set('cart', ['coat']))
    const slow = gate()
    const late = ada.does(async (session) => {
      await slow.wait()
      session.update('cart', (cart) => [...cart, 'hat'])
    })
    await slow.arrived
    await ada.does((session) => session.signIn('ada'))
    slow.pass()
    await late
    same(await ada.does((session) => [session.owner, session.get('cart')]), ['ada', ['coat', 'hat']], 'owner and cart')
  })
}

function takingOver(it, label, options) {
  for (const { reader, value, holds } of OLD) {
    const { format } = reader()
    it(`${label}: a session that ${format} wrote goes on here, under a ticket of ours`, async () => {
      const s = site({ ...options(), migrateFrom: [reader()] })
      const ada = s.person()
      ada.browser.plant(`__Host-Http-session=${value}; Path=/; Secure; HttpOnly`)
      same(await ada.does((session) => ({ ...session.data })), holds, 'what it holds')
      await ada.does((session) => session.set('cart', ['hat']))
      same(await ada.does((session) => ({ ...session.data })), { ...holds, cart: ['hat'] }, 'what it holds afterwards')
      same(ada.browser.cookies()[0].value === value, false, 'the same ticket')
    })
  }
}

export function engineSuite(it, { fileStore, sqliteStore, folder } = {}) {
  let count = 0
  const stored = {
    memory: () => ({ store: memoryStore() }),
    'memory without secrets': () => ({ store: memoryStore(), unsigned: true }),
    'memory, sealed records': () => ({ store: memoryStore(), encryptRecords: true }),
    ...(fileStore && { file: () => ({ store: fileStore({ directory: `${folder}/file${++count}` }) }) }),
    ...(sqliteStore && { sqlite: () => ({ store: sqliteStore({ path: `${folder}/db${++count}.sqlite` }) }) }),
  }
  anySession(it, 'sealed', () => ({}))
  takingOver(it, 'sealed', () => ({}))
  takingOver(it, 'memory', stored.memory)
  for (const [label, make] of Object.entries(stored)) {
    anySession(it, label, make)
    storedSession(it, label, make)
  }

  it('sealed: a ticket that was sealed on Node by node:crypto opens here', async () => {
    const s = site({})
    const cookie = `__Host-Http-session=${SEALED_ON_NODE}`
    same(await s.person().does((session) => session.get('name') ?? null, { headers: { cookie } }), 'ada', 'the name in it')
  })

  it('promise 10: secrets rotate without a logout, and dropping one ends what it made', async () => {
    const old = site({})
    const ada = old.person()
    await ada.does((session) => session.set('name', 'ada'))
    const [{ name, value }] = ada.browser.cookies()
    const headers = { cookie: `${name}=${value}` }
    const read = (secrets) =>
      site({ secrets })
        .person()
        .does((session) => session.get('name') ?? null, { headers })
    same(await read([OTHER, SECRET]), 'ada', 'with the old secret second')
    same(await read([OTHER]), null, 'without it')
  })

  it('promise 14: a sealed session over 4096 bytes is an error before anything is sent, naming what is largest', async () => {
    const s = site({})
    const failed = await s
      .person()
      .does((session) => session.set('essay', 'x'.repeat(6000)))
      .catch((error) => error)
    same(
      [failed instanceof SessionError, failed.code, failed.message.includes('"essay"')],
      [true, 'COOKIE_TOO_LARGE', true],
      'the error',
    )
  })

  it('promise 7: a store that is down is an error, and clears no cookie', async () => {
    const store = memoryStore()
    let down = false
    const breaking = new Proxy(store, {
      get: (target, verb) => (down && verb === 'read' ? () => Promise.reject(new Error('down')) : target[verb]),
    })
    const s = site({ store: breaking })
    const ada = s.person()
    await ada.does((session) => session.set('name', 'ada'))
    down = true
    const failed = await ada.does((session) => session.get('name')).catch((error) => error)
    same([failed.code, ada.browser.cookies().length], ['STORE_FAILED', 1], 'the error and the cookies left')
    down = false
    same(await ada.does((session) => session.get('name')), 'ada', 'the session afterwards')
  })
}
