import type { Core } from '../request/load.ts'
import type { Witness, Witnessed } from '../request/witness.ts'
import type { ExplainCode } from './codes.ts'
import { reason } from './explain.ts'
import { placeOf } from './place.ts'
import { type Verdict, verdictsOf } from './verdict.ts'

/** Clients that were given a ticket, and did not come with one since; so many are remembered. */
const MOST_CLIENTS = 64
/** Characters of a handle that tell sessions apart on a console. */
const SHOWN = 8
/** What is longer may be a token of the application: it is cut. */
const LONGEST_PART = 20

/** Watches the requests of a site in development, and says what `explain` would: in a header, and with `says` in a line. */
export class DevelopmentWitness implements Witness {
  readonly #core: Core
  readonly #says: ((line: string) => void) | undefined
  readonly #identities = new WeakMap<object, object>()
  readonly #said = new WeakMap<object, string>()
  /** Clients that wait to come back with what they were given. */
  readonly #given = new Set<string>()
  readonly #lost = new WeakSet<object>()

  constructor(core: Core, says: ((line: string) => void) | undefined) {
    this.#core = core
    this.#says = says
  }

  came(one: Witnessed, identity: object): void {
    const { request, incoming } = one
    if (this.#identities.has(request)) return
    this.#identities.set(request, identity)
    request.heard = () => {
      if (one.finished) this.left(one)
    }
    safely(() => {
      const client = clientOf(one)
      if (incoming.presents) this.#given.delete(client)
      else if (this.#given.has(client)) this.#lost.add(request)
    })
  }

  isLost({ request }: Witnessed): boolean {
    return this.#lost.has(request)
  }

  timing(one: Witnessed): string | undefined {
    const [first] = safely(() => this.#verdicts(one)) ?? []
    return first && `session;desc="${first.code}"`
  }

  left(one: Witnessed): void {
    if (one.lines.some(([name, line]) => name === 'set-cookie' && !/; ?Max-Age=0(?:;|$)/i.test(line)))
      safely(() => this.#remember(clientOf(one)))
    // Made beside a request, such as for another ticket.
    if (!one.asked && !this.#identities.has(one.request)) return
    // What is only found once the headers have left is said in the same line.
    if (this.#says) queueMicrotask(() => safely(() => this.#say(one)))
  }

  #say(one: Witnessed): void {
    const [first, ...others] = one.asked || one.request.kept ? this.#verdicts(one) : [{ code: 'not-opened' } as const]
    if (!first || this.#said.get(one.request) === first.code) return
    this.#said.set(one.request, first.code)
    this.#says?.(lineOf(first, others, this.#place(one)))
  }

  #verdicts(one: Witnessed): readonly Verdict[] {
    return verdictsOf(one, this.#core, this.#place(one), this.isLost(one))
  }

  #place(one: Witnessed): ReturnType<typeof placeOf> {
    return placeOf(this.#identities.get(one.request), (name) => one.request.header(name))
  }

  #remember(client: string): void {
    this.#given.add(client)
    const [oldest] = this.#given
    if (oldest !== undefined && this.#given.size > MOST_CLIENTS) this.#given.delete(oldest)
  }
}

/** Who looks on must not be able to break a request. */
function safely<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    console.error('coatcheck: what explains requests threw; they go on.', error)
    return undefined
  }
}

/** Not worth a word beside another code. */
const PLAIN: ReadonlySet<ExplainCode> = new Set(['ok', 'no-cookie', 'begun'])

/** What one browser sends with each request, and hardly another. */
const clientOf = ({ request }: Witnessed): string =>
  ['x-forwarded-for', 'user-agent', 'accept-language'].map((name) => request.header(name)?.slice(0, 200)).join('\n')

/** One line, of handles and codes only: `coatcheck GET /cart idle (3f2a9c1b): Nobody used …`. */
function lineOf(first: Verdict, others: readonly Verdict[], { method = '', path = '' }: ReturnType<typeof placeOf>): string {
  const { code, handle, sentence, fix } = reason(first)
  const what = ['coatcheck', method, shownPath(path), code].filter((part) => part !== '').join(' ')
  const whose = handle === undefined ? '' : ` (${handle.slice(0, SHOWN)})`
  const besides = others.filter((other) => other.code !== code && !PLAIN.has(other.code)).map((other) => ` +${other.code}`)
  const words = code === 'ok' ? '' : `: ${sentence} ${fix}`
  return printable(`${what}${whose}${besides.join('')}${words}`)
}

const shownPath = (path: string): string =>
  path
    .split('/')
    .map((part) => (part.length > LONGEST_PART ? `${part.slice(0, 4)}…` : part))
    .join('/')

/** On one line, whatever the request holds. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e…]/g, '?')
