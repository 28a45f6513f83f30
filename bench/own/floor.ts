// What one request costs when it is written by hand and nothing is promised: no session ends, none is listed, no id changes, no
// secret can be replaced, nobody is told what is wrong.
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, getRandomValues, timingSafeEqual } from 'node:crypto'
import { createClient } from 'redis'
import { accessTo, type Page, SECRET } from '../session.ts'
import type { Opened, Setting } from '../setting.ts'
import { throughFetch } from '../visits.ts'

type Data = Record<string, unknown>

/** How a handwritten session comes out of a request and goes into a response. */
interface Keeping {
  load(ticket: string | undefined): { id: string; data: Data } | Promise<{ id: string; data: Data }>
  /** The new ticket, when there is one. */
  save(id: string, data: Data): string | undefined | Promise<string | undefined>
}

const COOKIE = 'sid'
const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Lax'

function opened({ load, save }: Keeping): Opened {
  return {
    visit: ({ use, writes }: Page) =>
      throughFetch(async (request) => {
        const loading = load(ticketIn(request.headers.get('cookie')))
        const { id, data } = loading instanceof Promise ? await loading : loading
        const body = use(accessTo(data))
        const response = new Response(body instanceof Promise ? await body : body)
        if (!writes) return response
        const saving = save(id, data)
        const ticket = saving instanceof Promise ? await saving : saving
        if (ticket === undefined) return response
        // A copy, since a response that is kept and answered again must not carry this visitor's cookie.
        const copy = new Response(response.body, response)
        copy.headers.append('set-cookie', `${COOKIE}=${ticket}; ${ATTRIBUTES}`)
        return copy
      }),
  }
}

function ticketIn(header: string | null): string | undefined {
  return header
    ?.split('; ')
    .find((cookie) => cookie.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1)
}

const newId = (): string => Buffer.from(getRandomValues(new Uint8Array(16))).toString('base64url')

/** An id with an HMAC, a Map, JSON; the ticket is sent again with every write, as a session whose time begins anew does. */
function memory(): Opened {
  const records = new Map<string, string>()
  return opened(
    signed(
      (id) => records.get(id),
      (id, text) => void records.set(id, text),
    ),
  )
}

function signed(
  read: (id: string) => string | null | undefined | Promise<string | null | undefined>,
  write: (id: string, text: string) => void | Promise<void>,
): Keeping {
  const key = createSecretKey(SECRET, 'utf8')
  const macOf = (id: string): Buffer => createHmac('sha256', key).update(id).digest()
  const parsed = (id: string, text: string | null | undefined) =>
    text ? { id, data: JSON.parse(text) as Data } : { id: newId(), data: {} }
  return {
    load(ticket) {
      const [id = '', mac = ''] = ticket?.split('.') ?? []
      const given = Buffer.from(mac, 'base64url')
      if (given.length !== 32 || !timingSafeEqual(given, macOf(id))) return { id: newId(), data: {} }
      const text = read(id)
      return text instanceof Promise ? text.then((later) => parsed(id, later)) : parsed(id, text)
    },
    save(id, data) {
      const ticket = (): string => `${id}.${macOf(id).toString('base64url')}`
      const written = write(id, JSON.stringify(data))
      return written instanceof Promise ? written.then(ticket) : ticket()
    },
  }
}

/** AES-256-GCM with a key that is made once: a 12-byte nonce, no key id, nothing bound in. */
export function bareGcm(): { seal(data: unknown): string; open(token: string): unknown } {
  const key = createSecretKey(getRandomValues(new Uint8Array(32)))
  return {
    seal(data) {
      const nonce = getRandomValues(new Uint8Array(12))
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
      const sealed = Buffer.concat([nonce, cipher.update(JSON.stringify(data), 'utf8'), cipher.final(), cipher.getAuthTag()])
      return sealed.toString('base64url')
    },
    open(token) {
      const bytes = Buffer.from(token, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
      decipher.setAuthTag(bytes.subarray(-16))
      return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString())
    },
  }
}

function sealed(): Opened {
  const { seal, open } = bareGcm()
  return opened({
    load: (ticket) => ({ id: '', data: ticket === undefined ? {} : (open(ticket) as Data) }),
    save: (_, data) => seal(data),
  })
}

/** The same as in memory, in Redis, through the client that ours uses. */
async function redis(url: string): Promise<Opened> {
  const client = await createClient({ url }).connect()
  let trips = 0
  const keeping = signed(
    async (id) => {
      trips++
      return client.get(id)
    },
    async (id, text) => {
      trips++
      await client.set(id, text, { expiration: { type: 'PX', value: 86_400_000 } })
    },
  )
  const counted = (): number => {
    const count = trips
    trips = 0
    return count
  }
  return { ...opened(keeping), trips: counted, close: () => client.close() }
}

export const FLOOR_MEMORY = 'by hand, memory'
export const FLOOR_SEALED = 'by hand, sealed'
export const FLOOR_REDIS = 'by hand, Redis'

export const floor: readonly Setting[] = [
  { name: FLOOR_MEMORY, kind: 'memory', over: 'fetch', open: memory },
  { name: FLOOR_SEALED, kind: 'sealed', over: 'fetch', open: sealed },
  { name: FLOOR_REDIS, kind: 'Redis', over: 'fetch', needs: 'redis', open: ({ urls }) => redis(urls.redis ?? '') },
]
