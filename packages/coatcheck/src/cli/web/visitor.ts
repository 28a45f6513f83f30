import { clears } from './cookies.ts'
import { type Answer, ask, type Step, type Way } from './http.ts'

/** Somebody with a browser, who keeps cookies. */
export class Visitor {
  readonly #way: Way
  readonly jar: Map<string, string>

  constructor(way: Way, jar: Iterable<readonly [string, string]> = []) {
    this.#way = way
    this.jar = new Map(jar)
  }

  /** One request from a page of the site. `elsewhere`: asked from another instance. */
  async does(step: Step, headers: Readonly<Record<string, string>> = {}, elsewhere: Partial<Way> = {}): Promise<Answer> {
    const cookie = [...this.jar].map((pair) => pair.join('=')).join('; ')
    const safe = step.method === 'GET' || step.method === 'HEAD'
    const answer = await ask({ ...this.#way, ...elsewhere }, step, {
      ...(cookie && { cookie }),
      ...(safe ? { 'sec-fetch-site': 'none' } : { 'sec-fetch-site': 'same-origin', origin: this.#way.url.origin }),
      ...headers,
    })
    for (const each of answer.cookies) {
      if (clears(each, Date.now())) this.jar.delete(each.name)
      else this.jar.set(each.name, each.value)
    }
    return answer
  }

  /** Somebody with the same cookies. */
  twin(): Visitor {
    return new Visitor(this.#way, this.jar)
  }
}

/** What stays of a page when it is made again for the same person: long random texts, such as those against forged requests, are left out. */
export const fingerprint = ({ status, headers, body }: Answer): string =>
  `${status} ${headers.get('location') ?? ''} ${body.replace(/[\w+/=-]{16,}/g, '').replace(/\d{1,2}:\d{2}(:\d{2})?/g, '')}`

/** Whether shared caches may keep it (RFC 9111 3). */
export function mayBeShared({ status, headers }: Answer): boolean {
  const control = headers.get('cache-control') ?? ''
  if (/\b(no-store|private|no-cache)\b/i.test(control)) return false
  if (/\b(public|s-maxage|max-age=[1-9])/i.test(control) || headers.has('expires')) return true
  // By a heuristic of their own (RFC 9111 4.2.2).
  return [200, 203, 204, 300, 301, 308, 404, 405, 410].includes(status)
}
