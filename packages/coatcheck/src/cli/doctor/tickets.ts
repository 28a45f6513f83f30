import { randomBytes } from 'node:crypto'
import { clears } from '../web/cookies.ts'
import { fingerprint, Visitor } from '../web/visitor.ts'
import { type Finding, finding } from './findings.ts'
import type { Visit } from './visit.ts'

/** So often each instance is asked, where one address may stand for several. */
const TIMES = 8

/** Whether a session that began is there at the next request, whichever server that comes to. */
export async function lookAtInstances({ asking, where, visitor, stranger, cookies }: Visit): Promise<Finding[]> {
  const { instances } = asking
  const isOurs = (name: string): boolean => cookies.some((each) => each.name === name)
  const seen: { readonly instance: string; readonly isRefused: boolean; readonly isKnown: boolean }[] = []
  for (let at = 0; at < Math.max(TIMES, instances.length); at++) {
    const connect = instances[at % Math.max(1, instances.length)]
    const answer = await visitor.twin().does({ method: 'GET' }, {}, connect === undefined ? {} : { connect })
    seen.push({
      instance: connect ?? where,
      isRefused: answer.cookies.some((each) => isOurs(each.name) && clears(each, Date.now())),
      isKnown: fingerprint(answer) !== fingerprint(stranger),
    })
  }
  const bad = seen.filter(({ isRefused, isKnown }) => isRefused || !isKnown)
  const isMixed =
    bad.length > 0 && bad.length < seen.length && (seen.some(({ isKnown }) => isKnown) || seen.some(({ isRefused }) => isRefused))
  const named = [...new Set(bad.map(({ instance }) => instance))].join(', ')
  if (isMixed) {
    const says = instances.length > 1 ? `A session that ${instances[0]} began is not there at ${named}.` : undefined
    return [finding('instances-differ', where, says ?? `A session is not there in ${bad.length} of ${seen.length} requests.`)]
  }
  return seen.every(({ isRefused }) => isRefused) ? [finding('cookie-refused', where)] : []
}

/** Whether tickets are made for one visitor each, by the site alone. */
export async function lookAtTickets({ asking: { begin }, way, where, cookies, stranger, visitor }: Visit): Promise<Finding[]> {
  const steps = [{ method: 'GET' }, ...(begin ? [begin] : [])]
  const other = new Visitor(way)
  for (const step of steps) await other.does(step)
  const [first] = cookies
  // The stranger and the visitor are two people, and neither came with a cookie.
  const early = stranger.cookies.map(({ name, value }) => [name, value] as const)
  const isShared = cookies.some(({ name, value }) => {
    const twins = [other.jar.get(name), ...early.flatMap((each) => (each[0] === name ? [each[1]] : []))]
    return value.length >= 16 && twins.includes(value)
  })
  if (isShared) return [finding('cookie-shared', where)]
  if (!first) return []

  const chosen = `doctor${randomBytes(18).toString('hex')}`
  const attacker = new Visitor(way, [[first.name, chosen]])
  for (const step of steps) await attacker.does(step)
  // The victim comes with the ticket that the attacker chose, and sees what the attacker did.
  const victim = await new Visitor(way, [[first.name, chosen]]).does({ method: 'GET' })
  const own = await visitor.twin().does({ method: 'GET' })
  const isPersonal = fingerprint(own) !== fingerprint(stranger)
  return isPersonal && fingerprint(victim) === fingerprint(own) ? [finding('ticket-fixed', where)] : []
}
