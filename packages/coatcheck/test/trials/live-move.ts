import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { MoveReport } from '../../src/stores/wrapping/moving.ts'
import { drawing } from './drawing.ts'

const CHILD = join(import.meta.dirname, '../children/moving-site.ts')

/** What a process of the site has for a store. */
export type Release = 'from' | 'prepare' | 'move' | 'to'
export type Deed = 'looks' | 'counts' | 'renews' | 'signs in' | 'signs out' | 'once' | 'ends all' | 'lists'

export interface Asked {
  readonly id: number
  readonly deed: Deed
  readonly ticket?: string
  readonly owner?: string
}

export interface Answer {
  readonly id: number
  readonly owner?: string | undefined
  readonly count?: number | undefined
  readonly token?: unknown
  readonly ticket?: string | undefined
  readonly listed?: number
  readonly failed?: string
}

export interface LiveMove {
  readonly path: string
  readonly url: string
  readonly sessions: number
  /** Processes of the site. Default 3. */
  readonly processes?: number
  /** Requests at once. Default 24. */
  readonly drivers?: number
  /** Leaves out the step `prepare`, which is wrong. Default false. */
  readonly isHasty?: boolean
  /** How often the mover is killed, and a process of the site. */
  readonly kills: { readonly mover: number; readonly site: number }
  readonly seed?: number
  readonly log?: (line: string) => void
}

export interface Found {
  /** What was seen that may not be; none. */
  readonly wrong: readonly string[]
  readonly requests: number
  /** Those that were answered with an error, whose code is the name. */
  readonly failed: Readonly<Record<string, number>>
  /** Those that a killed process did not answer. */
  readonly unanswered: number
  readonly kills: { readonly mover: number; readonly site: number }
  readonly report: MoveReport
  readonly alive: number
  readonly ended: number
  /** Visitors of whom a killed process left it open whether they are signed in, or by which ticket. */
  readonly unknown: number
  readonly increments: number
  readonly seconds: { readonly filled: number; readonly moved: number; readonly checked: number }
}

/** Somebody with a session, and what must be true of it. */
interface Visitor {
  readonly owner: string
  ticket: string
  state: 'alive' | 'ended' | 'unknown'
  /** Increments that were acknowledged, and those that may have been kept. */
  acknowledged: number
  possible: number
  token?: unknown
  /** Requests that may be at the same time: a change of the ticket or the state is alone. */
  busy: number
}

/** Several visitors have the same owner. */
const PER_OWNER = 4

class Process {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>()
  readonly ready: Promise<unknown>
  isGone = false

  constructor(release: Release, path: string, url: string) {
    this.#child = fork(CHILD, [release, path, url], {
      execPath: process.execPath,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.ready = this.#answer(0)
    this.#child.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    this.#child.once('exit', () => {
      this.isGone = true
      for (const tell of this.#waiting.values()) tell(undefined)
      this.#waiting.clear()
    })
  }

  #answer(id: number): Promise<Answer | undefined> {
    return new Promise((resolve) => this.#waiting.set(id, resolve))
  }

  /** Undefined: it died. */
  ask(asked: Asked): Promise<Answer | undefined> {
    if (this.isGone) return Promise.resolve(undefined)
    const answer = this.#answer(asked.id)
    this.#child.send(asked, (error) => {
      if (error) this.#waiting.get(asked.id)?.(undefined)
    })
    return answer
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** After what it was asked. */
  async stop(): Promise<void> {
    while (this.#waiting.size > 0 && !this.isGone) await new Promise((resolve) => setTimeout(resolve, 5))
    if (this.isGone) return
    const over = once(this.#child, 'exit')
    this.#child.send('stop')
    await over
  }
}

/**
 * A site with sessions in an SQLite file moves to PostgreSQL while it runs: every process is deployed anew, one after the other, with `prepare`,
 * with `move` and at last with the new store alone. Processes are killed on the way. Each answer is compared with what was acknowledged.
 */
export async function liveMove(options: LiveMove): Promise<Found> {
  const { path, url, sessions, processes = 3, drivers: count = 24, kills, isHasty = false, seed = 1, log = () => {} } = options
  const draw = drawing(seed)
  const wrong: string[] = []
  const failed: Record<string, number> = {}
  const done = { mover: 0, site: 0 }
  let [requests, unanswered, ids, increments] = [0, 0, 0, 0]
  const began = performance.now()
  const visitors = await filled(path, sessions)
  const secondsFilled = (performance.now() - began) / 1000
  log(`${sessions} sessions are in SQLite, after ${secondsFilled.toFixed(0)} s`)

  const site: Process[] = []
  const start = async (release: Release, nth: number): Promise<void> => {
    const next = new Process(release, path, url)
    await next.ready
    const before = site[nth]
    site[nth] = next
    await before?.stop()
  }
  const releases: Release[] = []
  const deploy = async (release: Release): Promise<void> => {
    for (let nth = 0; nth < processes; nth++) {
      await start(release, nth)
      releases[nth] = release
      await pace(300)
    }
    log(`all have ${release}, after ${((performance.now() - began) / 1000).toFixed(0)} s and ${requests} requests`)
  }
  const pace = async (some: number): Promise<void> => {
    for (const until = requests + Math.min(some, sessions / 10); requests < until && isOpen; )
      await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const killSite = async (): Promise<void> => {
    const nth = draw(processes)
    done.site++
    site[nth]?.kill()
    await pace(20)
    await start(releases[nth] ?? 'from', nth)
  }

  const say = (what: string, visitor: Visitor): void => void wrong.push(`${what} (${JSON.stringify(visitor).slice(0, 300)})`)

  async function ask(asked: Omit<Asked, 'id'>): Promise<Answer | undefined> {
    requests++
    const living = site.filter(({ isGone }) => !isGone)
    const answer = await living[draw(living.length)]?.ask({ id: ++ids, ...asked })
    if (!answer) unanswered++
    if (answer?.failed !== undefined) {
      const code = answer.failed.split(':')[0] ?? ''
      if (!failed[code]) log(answer.failed)
      failed[code] = (failed[code] ?? 0) + 1
    }
    return answer?.failed === undefined ? answer : undefined
  }

  function check(visitor: Visitor, { owner }: Answer): void {
    if (visitor.state === 'unknown') return
    if (visitor.state === 'ended') {
      if (owner !== undefined) say('alive after it was ended', visitor)
    } else if (owner === undefined) say('lost', visitor)
    else if (owner !== visitor.owner) say(`of another owner, ${owner}`, visitor)
  }

  async function shared(visitor: Visitor, deed: 'looks' | 'counts' | 'once'): Promise<void> {
    const least = visitor.acknowledged
    if (deed === 'counts') visitor.possible++
    const answer = await ask({ deed, ticket: visitor.ticket })
    if (!answer) return
    check(visitor, answer)
    if (visitor.state !== 'alive' || answer.owner === undefined) {
      if (deed === 'counts') visitor.possible--
      return
    }
    if ((answer.count ?? 0) < least || (answer.count ?? 0) > visitor.possible)
      say(`counts ${answer.count}, not ${least} to ${visitor.possible}`, visitor)
    if (deed === 'counts') {
      visitor.acknowledged++
      increments++
    }
    if (deed === 'once') {
      visitor.token ??= answer.token
      if (visitor.token !== answer.token) say(`once gave ${answer.token}`, visitor)
    }
  }

  async function alone(visitor: Visitor, deed: 'renews' | 'signs out'): Promise<void> {
    const answer = await ask({ deed, ticket: visitor.ticket })
    if (!answer) {
      if (visitor.state === 'alive') visitor.state = 'unknown'
      return
    }
    check(visitor, answer)
    if (visitor.state !== 'alive') return
    if (deed === 'signs out') visitor.state = 'ended'
    else if (answer.ticket !== undefined) visitor.ticket = answer.ticket
    else say('no ticket after a new id', visitor)
  }

  const byOwner = Map.groupBy(visitors, ({ owner }) => owner)
  /** All sessions of one owner at once, with nobody else at them. */
  async function endAll(owner: string): Promise<void> {
    const all = byOwner.get(owner) ?? []
    if (all.some(({ busy }) => busy > 0)) return
    for (const visitor of all) visitor.busy += 1000
    const isDone = await ask({ deed: 'ends all', owner })
    for (const visitor of all) {
      visitor.busy -= 1000
      if (isDone) visitor.state = 'ended'
      else if (visitor.state === 'alive') visitor.state = 'unknown'
    }
  }

  async function signIn(owner: string): Promise<void> {
    const all = byOwner.get(owner) ?? []
    if (all.some(({ busy }) => busy >= 1000)) return
    const visitor: Visitor = { owner, ticket: '', state: 'unknown', acknowledged: 0, possible: 0, busy: 1 }
    // Its owner may not be ended meanwhile.
    all.push(visitor)
    const answer = await ask({ deed: 'signs in', owner })
    visitor.busy--
    if (answer?.ticket === undefined) return
    visitor.state = 'alive'
    visitor.ticket = answer.ticket
    visitors.push(visitor)
  }

  let isOpen = true
  async function drive(): Promise<void> {
    while (isOpen) {
      const visitor = visitors[draw(visitors.length)] as Visitor
      const dice = draw(1000)
      if (dice < 40) await signIn(visitor.owner)
      else if (dice < 45) await endAll(visitor.owner)
      else if (dice < 130) {
        if (visitor.busy > 0) continue
        visitor.busy += 1000
        await alone(visitor, dice < 80 ? 'signs out' : 'renews')
        visitor.busy -= 1000
      } else if (visitor.busy < 1000) {
        // Now and then several requests of one visitor at once.
        const times = draw(10) === 0 ? 4 : 1
        const deed = dice < 700 ? 'counts' : dice < 750 ? 'once' : 'looks'
        visitor.busy += times
        await Promise.all(Array.from({ length: times }, () => shared(visitor, deed)))
        visitor.busy -= times
      }
    }
  }

  for (let nth = 0; nth < processes; nth++) {
    await start('from', nth)
    releases[nth] = 'from'
  }
  const drivers = Array.from({ length: count }, drive)
  let report: MoveReport | undefined
  let moving = performance.now()
  try {
    await pace(500)
    if (!isHasty) await deploy('prepare')
    if (kills.site > 0) await killSite()
    moving = performance.now()
    const moved = moveAll(path, url, kills.mover, sessions, () => done.mover++, log)
    await deploy('move')
    for (let kill = 1; kill < kills.site; kill++) {
      await killSite()
      await pace(500)
    }
    report = await moved
    log(`moved: ${JSON.stringify(report)}`)
    await deploy('to')
  } finally {
    isOpen = false
    await Promise.all(drivers)
  }
  const secondsMoved = (performance.now() - moving) / 1000
  const after = await moveAll(path, url, 0, sessions, () => {}, log)
  if (after.moved > 0 || after.inFrom > 0) wrong.push(`left behind: ${JSON.stringify(after)}`)
  const checking = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (let visitor = visitors[next++]; visitor; visitor = visitors[next++]) await shared(visitor, 'looks')
    }),
  )
  for (const [owner, all] of [...byOwner].slice(0, 2000)) {
    if (all.some(({ state }) => state === 'unknown')) continue
    const live = all.filter(({ state }) => state === 'alive').length
    const answer = await ask({ deed: 'lists', owner })
    if (answer?.listed !== live) wrong.push(`${owner} has ${live} sessions, and ${answer?.listed} are listed`)
  }
  for (const each of site) await each.stop()
  const states = (state: Visitor['state']): number => visitors.filter((visitor) => visitor.state === state).length
  return {
    wrong,
    requests,
    failed,
    unanswered,
    kills: done,
    report: { ...report, inTo: after.inTo },
    alive: states('alive'),
    ended: states('ended'),
    unknown: states('unknown'),
    increments,
    seconds: { filled: secondsFilled, moved: secondsMoved, checked: (performance.now() - checking) / 1000 },
  }
}

/** Runs the mover, and kills it so many times at places that lie apart. The report of the one that came to the end. */
async function moveAll(
  path: string,
  url: string,
  kills: number,
  sessions: number,
  killed: () => void,
  log: (line: string) => void,
): Promise<MoveReport> {
  let total = { moved: 0, gone: 0, expired: 0 }
  for (let left = kills; ; left--) {
    const child = fork(CHILD, ['mover', path, url], {
      execPath: process.execPath,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    let report: MoveReport | undefined
    let done = 0
    child.on(
      'message',
      (said: { readonly report?: MoveReport; readonly progress?: { readonly done: number; readonly moved: number } }) => {
        report ??= said.report
        done = said.progress?.moved ?? done
        // A page more than it takes, so that each gets on.
        if (left > 0 && done > sessions / (kills + 2)) child.kill('SIGKILL')
      },
    )
    const [code] = (await once(child, 'exit')) as [number | null]
    if (report)
      return {
        ...report,
        moved: report.moved + total.moved,
        gone: report.gone + total.gone,
        expired: report.expired + total.expired,
      }
    if (code !== null) throw new Error(`the mover ended with ${code}`)
    killed()
    total = { ...total, moved: total.moved + done }
    log(`the mover was killed after ${done} records`)
  }
}

/** Each visitor signed in, by the engine. */
async function filled(path: string, count: number): Promise<Visitor[]> {
  const store = sqliteStore({ path })
  const adapter = adapterOf(sessionsOf({ store, header: 'x-ticket', cookie: false }))
  const visitors: Visitor[] = []
  for (let nth = 0; nth < count; nth++) {
    const owner = `owner-${Math.floor(nth / PER_OWNER)}`
    const request = adapter.detached({ get: () => null })
    const session = await request.open()
    session.signIn(owner)
    session.set('count', 0)
    session.set(
      'cart',
      Array.from({ length: nth % 5 }, (_, item) => ({ item, title: `Thing ${item}` })),
    )
    const { ticket } = await request.commit()
    visitors.push({ owner, ticket: ticket ?? '', state: 'alive', acknowledged: 0, possible: 0, busy: 0 })
  }
  await store.close()
  return visitors
}
