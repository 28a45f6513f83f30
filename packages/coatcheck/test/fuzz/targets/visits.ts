/** What a Cookie header or a ticket may do: open nothing, or the very session whose ticket it holds. */
import { checkEvents, cookieOf, type Grounds, type Seen } from '../grounds.ts'
import { gibberish, mutated } from '../mutate.ts'
import type { Random } from '../random.ts'
import { counted, holds, type Input, type Running, type Target } from '../target.ts'
import { allSites, SITES } from './sites.ts'

interface Visit {
  readonly site: string
  readonly [header: string]: string
}

async function open(draw: (site: Grounds, random: Random) => Readonly<Record<string, string>>): Promise<Running> {
  const all = await allSites()
  const ends = new Map<string, number>()
  const genuine: Record<string, string> = {}
  for (const [name, site] of all) for (const [person, ticket] of site.tickets) genuine[`${name} ${person}`] = ticket
  return {
    genuine,
    ends,
    draw(random) {
      const site = random.pick(SITES)
      return { site, ...draw(all.get(site) as Grounds, random) }
    },
    async check(input: Input) {
      const { site: name = 'sealed', ...headers } = input as unknown as Visit
      const site = all.get(name) ?? (all.get('sealed') as Grounds)
      const first = await look(site, headers)
      const second = await look(site, headers)
      const told = (seen: Seen) => JSON.stringify(seen.events)
      holds(first.picture === second.picture && told(first) === told(second), 'the same comes of the same')
      for (const { type, ...more } of first.events) counted(ends, 'reason' in more ? more.reason : type)
      if (first.events.length === 0) counted(ends, 'nothing to say')
    },
  }
}

async function look(site: Grounds, headers: Readonly<Record<string, string>>): Promise<Seen> {
  const seen = await site.visit(headers)
  // Made with a secret that is not the newest: it is signed again.
  const isStale = seen.picture === site.pictures.get('stale')
  holds(seen.lines.length === 0 || isStale, 'an answer that only read has no cookie', () =>
    seen.lines.map(([name]) => name).join(),
  )
  holds(seen.writes === 0 || isStale, 'reading writes nothing to the store')
  const came = Object.values(headers)
  checkEvents(
    seen.events,
    site.hidden,
    came.flatMap((text) => text.split(/[;=\s]+/)),
  )
  if (!seen.isEmpty) {
    const whose = [...site.pictures]
      .filter(([, picture]) => picture === seen.picture)
      .map(([person]) => site.tickets.get(person) ?? '')
    holds(whose.length > 0, 'what opens is a session that was made here')
    const all = came.join('\n')
    const isShown = (ticket: string) => all.includes(ticket) || (site.acceptsIds && all.includes(idIn(ticket)))
    holds(
      whose.some((ticket) => ticket.split(' ').every(isShown)),
      'a session opens for its own ticket only',
    )
  }
  return seen
}

/** The id that a signed ticket shows, which is a ticket by itself where unsigned ones are taken. */
const idIn = (ticket: string): string => Buffer.from(ticket, 'base64url').subarray(21).toString('base64url')

export const cookie: Target = {
  name: 'cookie',
  open: () =>
    open((site, random) => {
      const all = [...site.tickets.values()].map((ticket) => cookieOf(ticket))
      if (random.oneIn(20)) return { cookie: gibberish(random) }
      const whole = Array.from({ length: 1 + random.size(random.oneIn(50) ? 300 : 6) }, () =>
        random.oneIn(3)
          ? `${random.pick(['a', 'session', '__Host-Http-session.1', '__host-http-session'])}=${gibberish(random).slice(0, 20)}`
          : random.pick(all),
      ).join(random.pick(['; ', ';', '; ', '; ;']))
      return { cookie: mutated(whole, random, all) }
    }),
}

/** The bytes of a ticket, changed: what gets past the checks of its text. */
function otherBytes(ticket: string, random: Random): string {
  const bytes = Buffer.from(ticket, 'base64url')
  const at = random.below(bytes.length)
  switch (random.below(5)) {
    case 0:
      bytes[at] = random.below(256)
      break
    case 1:
      bytes[random.below(6)] = random.below(4)
      break
    case 2:
      return bytes.subarray(0, at).toString('base64url')
    case 3:
      return Buffer.concat([bytes, Buffer.alloc(1 + random.size(40), random.below(256))]).toString('base64url')
    default:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
  }
  return bytes.toString('base64url')
}

export const ticket: Target = {
  name: 'ticket',
  open: () =>
    open((site, random) => {
      const all = [...site.tickets.values()]
      const one = random.pick(all)
      const [head = ''] = one.split(' ')
      const changed = random.pick([
        () => otherBytes(head, random),
        () => mutated(one, random, all),
        () => gibberish(random),
        () => one,
      ])()
      const shown = cookieOf(changed)
      const bearer = { authorization: `${random.pick(['Bearer', 'bearer', 'Basic', ''])} ${changed}` }
      return random.pick([
        { cookie: shown },
        bearer,
        { cookie: shown, ...bearer },
        { cookie: cookieOf(random.pick(all)), ...bearer },
      ])
    }),
}
