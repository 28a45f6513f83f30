import { SessionError } from '../../errors.ts'

const USE = (adapter: string): string => `Put \`app.use(withSession(sessions))\` of ${adapter} before this route`

/** The advice for each kind of thing passed to `open`; the first that fits counts. */
const KINDS: readonly (readonly [fits: (given: Shape) => boolean, what: string, fix: string])[] = [
  [
    ({ getHeader, setHeader, status, ok }) => isFunction(getHeader ?? setHeader) || (isNumber(status) && ok !== undefined),
    'A response was passed to open().',
    'Pass the request: the `Request` that the handler of `withSession(sessions, …)` was given, the `req` of Express and node:http, or the `c` of Hono.',
  ],
  [
    ({ use, listen, fetch }) => isFunction(use ?? listen ?? fetch),
    'An app or a server was passed to open().',
    'Open the session inside a handler below `withSession(sessions)`, and pass its request: `req` in Express, `c` in Hono, the `Request` elsewhere.',
  ],
  [
    ({ req, raw, header }) => isFunction(header) && (isObject(raw) || isObject(req)),
    'The middleware of these sessions did not run for this context of Hono.',
    `${USE('coatcheck/hono')}, and pass \`c\`, \`c.req\` or \`c.req.raw\`.`,
  ],
  [
    ({ headers, url }) => isObject(headers) && isFunction((headers as Shape).get) && typeof url === 'string',
    'No adapter was opened for this Request, so its session would not be stored.',
    'Wrap the handler with `withSession(sessions, …)` of coatcheck/fetch, and pass the `Request` that it was given, or its `clone()`: what `new Request()` makes of it is another.',
  ],
  [
    ({ headers }) => isObject(headers),
    'No adapter was opened for this request, so its session would not be stored.',
    `${USE('coatcheck/node')}, or give it the listener, \`withSession(sessions, (req, res) => …)\`, and pass \`req\`.`,
  ],
]

type Shape = Readonly<Record<string, unknown>>
const isFunction = (value: unknown): boolean => typeof value === 'function'
const isNumber = (value: unknown): boolean => typeof value === 'number'
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Why there is no session for what was passed to `open`, and what to pass. */
export function notWrapped(given: unknown): SessionError {
  if (!isObject(given) && !isFunction(given))
    return new SessionError('NOT_WRAPPED', `No request was passed to open(), but ${given === null ? 'null' : typeof given}.`)
  const found = KINDS.find(([fits]) => fits(given as Shape))
  if (!found) return new SessionError('NOT_WRAPPED', 'What was passed to open() is no request that an adapter knows.')
  const [, what, fix] = found
  return new SessionError('NOT_WRAPPED', what, { fix })
}
