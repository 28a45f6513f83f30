// What device-bound sessions cost a request: `npm run bench:device-bound`. Through coatcheck/fetch, with sessions in memory; a page that reads one value.
import { createSessions } from 'coatcheck'
import { deviceBound } from 'coatcheck/device-bound'
import { withSession } from 'coatcheck/fetch'
import { memoryStore } from 'coatcheck/stores/memory'
import { deviceVisitor, type Serve, type Visitor, visitor } from 'coatcheck/testing'
import { measureRounds, QUICK } from './rounds.ts'
import { median } from './statistics.ts'

const secrets = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'

/** A page that reads, and one that signs in. */
function siteOf(isOn: boolean, now: () => number): Exclude<Serve, string> {
  const sessions = createSessions({ secrets, now, store: memoryStore(), ...(isOn && { deviceBound: deviceBound() }) })
  return withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    if (request.url.endsWith('/in')) session.signIn('ada')
    return new Response(`${session.get('a') ?? session.bound}`)
  })
}

/** Requests of one visitor, each a new one with the cookies of now; the page must say `expected` of them. */
async function rowOf(serve: Exclude<Serve, string>, who: Visitor, expected: string): Promise<() => Promise<unknown>> {
  const cookie = who.jar.header('https://app.test/')
  const ask = async () => serve(new Request('https://app.test/', { headers: { cookie } }))
  const said = await (await ask()).text()
  if (said !== expected) throw new Error(`It is ${said}, and not ${expected}.`)
  return ask
}

const isQuick = process.argv.includes('--quick')
let time = Date.now()
const now = () => time
const [off, on] = [siteOf(false, now), siteOf(true, now)]
const [without, plain, device] = [visitor(off), visitor(on), deviceVisitor(on, { now })]
for (const who of [without, plain, device]) await who.get('/in')
time += 11_000
await device.get('/')
const rows = new Map<string, () => Promise<unknown>>([
  ['without the option', await rowOf(off, without, 'none')],
  ['with it, a browser that knows nothing of it', await rowOf(on, plain, 'none')],
  ['with it, a bound session', await rowOf(on, device, 'bound')],
])
const times = await measureRounds(rows, isQuick ? QUICK : { rounds: 60, turn: 6, patience: 60_000 })
for (const [name, all] of times) console.log(`${name.padEnd(46)} ${median(all).toFixed(1)} us`)
