import { readFileSync } from 'node:fs'
import { type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { type SetCookie, setCookieOf } from './cookies.ts'

/** Where requests go, and how. */
export interface Way {
  /** The address that the site is asked for. */
  readonly url: URL
  /** Another server that is asked in its place, as `host:port`: one instance, or what is behind a proxy. */
  readonly connect?: string | undefined
  /** A file with certificates that count besides those of the platform. */
  readonly ca?: string | undefined
}

export interface Step {
  readonly method: string
  /** With its query; of the site that is asked. Default: that of the address. */
  readonly path?: string
  /** What a form of it sends. */
  readonly form?: string
}

export interface Answer {
  readonly status: number
  /** By lower-case name; several are joined by a comma. */
  readonly headers: ReadonlyMap<string, string>
  readonly cookies: readonly SetCookie[]
  readonly body: string
  /** Milliseconds since the epoch by the clock here, in the middle of the call. */
  readonly at: number
}

/** So much of an answer is looked at. */
const LONGEST = 1_048_576
const PATIENCE = 15_000

/** One request; redirects are not followed. Rejects with what the platform says. */
export function ask({ url, connect, ca }: Way, step: Step, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const target = new URL(step.path ?? `${url.pathname}${url.search}`, url)
  const [, host = url.hostname, port] = /^(.*):(\d+)$/.exec(connect ?? '') ?? []
  const request = url.protocol === 'https:' ? overHttps : overHttp
  const began = Date.now()
  return new Promise((resolve, reject) => {
    const body = step.form ?? ''
    const asked = request(
      {
        ...{ host: host.replace(/^\[|\]$/g, ''), port: port ?? url.port, agent: false, timeout: PATIENCE },
        ...(url.protocol === 'https:' && { servername: /[a-z]/i.test(url.hostname) ? url.hostname : '' }),
        ...(ca !== undefined && { ca: readFileSync(ca) }),
        ...{ method: step.method, path: `${target.pathname}${target.search}` },
        headers: {
          ...{ host: url.host, accept: 'text/html,*/*', 'user-agent': 'coatcheck doctor' },
          ...(step.form !== undefined && {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': String(Buffer.byteLength(body)),
          }),
          ...headers,
        },
      },
      (response) => read(response, began).then(resolve, reject),
    )
    asked.once('error', reject)
    asked.once('timeout', () => asked.destroy(Object.assign(new Error('It did not answer.'), { code: 'ETIMEDOUT' })))
    asked.end(body)
  })
}

async function read(response: IncomingMessage, began: number): Promise<Answer> {
  const at = (began + Date.now()) / 2
  const parts: Buffer[] = []
  let length = 0
  for await (const part of response) {
    length += part.length
    if (length > LONGEST) break
    parts.push(part)
  }
  const headers = new Map(Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]))
  const cookies = (response.headers['set-cookie'] ?? []).map(setCookieOf)
  return { status: response.statusCode ?? 0, headers, cookies, body: Buffer.concat(parts).toString('utf8'), at }
}

/** `POST /sign-in name=ada`, as `--begin` has it. undefined: it is none. */
export function stepOf(text: string): Step | undefined {
  const [, method, path, form] = /^(GET|HEAD|POST|PUT|PATCH|DELETE) (\/\S*)(?: (\S+))?$/.exec(text.trim()) ?? []
  if (method === undefined || path === undefined) return undefined
  return { method, path, ...((form !== undefined || method !== 'GET') && { form: form ?? '' }) }
}
