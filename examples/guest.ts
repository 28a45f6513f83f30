import { expect } from 'vitest'
import { createJar, type Jar } from '../packages/coatcheck/src/testing/index.ts'

/** Node's own name counts as a robot's, for which pages are not streamed. */
export const BROWSER = 'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'

export const ADA = { username: 'ada', password: 'lovelace' } as const

/** What a page of the story shows. */
export interface Page {
  readonly response: Response
  readonly visits: number
  readonly cart: number
  readonly language: string | undefined
  readonly user: string | undefined
  readonly flash: string | undefined
}

/** A browser, as far as the story needs one. */
export class Guest {
  readonly #url: (path: string) => string
  readonly #visit: string | undefined
  readonly jar: Jar

  /** `url` makes an address of a path of the app; `visit` is what its first page asks for besides. */
  constructor(url: (path: string) => string, visit?: string, jar: Jar = createJar()) {
    this.#url = url
    this.#visit = visit
    this.jar = jar
  }

  /** Sends a request, or a form, and follows nothing. `whence`: what the browser says of the page that sends it; default a page of the app. */
  async ask(path: string, form?: Record<string, string>, whence?: Record<string, string>): Promise<Response> {
    const url = this.#url(path)
    const cookie = this.jar.header(url)
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        'user-agent': BROWSER,
        'sec-fetch-mode': 'navigate',
        ...(form && { accept: 'text/html' }), // else SvelteKit takes a form for one that a script sends
        ...(whence ?? { 'sec-fetch-site': 'same-origin', origin: new URL(url).origin }),
        ...(cookie !== '' && { cookie }),
      },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const line of response.headers.getSetCookie().filter(Boolean))
      expect(this.jar.set(line, url), `a browser drops ${line}, which ${path} answered with`).toBeUndefined()
    return response
  }

  /** Sends a form and follows where it leads. */
  async send(path: string, form: Record<string, string> = {}): Promise<Page> {
    const response = await this.ask(path, form)
    const text = await response.text()
    expect([302, 303], `POST ${path} answered:\n${text.slice(0, 2000)}`).toContain(response.status)
    const leadsTo = new URL(response.headers.get('location') ?? '', this.#url(path)).pathname
    const home = new URL(this.#url('/')).pathname
    expect(leadsTo.slice(0, home.length - 1), `POST ${path} leads to ${leadsTo}, out of the app`).toBe(home.slice(0, -1))
    return this.see(leadsTo.slice(home.length - 1) || '/')
  }

  async see(path = '/'): Promise<Page> {
    if (path === '/' && this.#visit) await (await this.ask(this.#visit)).arrayBuffer()
    const response = await this.ask(path)
    const html = await response.text()
    expect(response.status, `GET ${path} answered:\n${html.slice(0, 2000)}`).toBe(200)
    const shown = (id: string) =>
      new RegExp(`\\bid="?${id}"?(?:\\s[^>]*)?>(?:<!--.*?-->|\\s)*([^<]*?)\\s*<`).exec(html)?.[1]?.replace(/&#(?:x27|39);/g, "'")
    return {
      response,
      visits: Number(shown('visits')),
      cart: Number(shown('cart')),
      language: shown('language'),
      user: shown('user'),
      flash: shown('flash'),
    }
  }

  ticket(name: string): string | undefined {
    return this.jar.all().find((cookie) => cookie.name === name)?.value
  }

  /** Somebody with the same cookies, from here on a browser of their own. */
  copy(): Guest {
    return new Guest(this.#url, this.#visit, this.jar.copy())
  }

  /** The same browser at another app. */
  at(url: (path: string) => string, visit?: string): Guest {
    return new Guest(url, visit, this.jar)
  }
}
