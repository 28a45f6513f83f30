import type { MeetingPoint } from '../meeting-point.ts'
import { presenting, type Serve, type Visitor, type VisitorOptions, visitor } from '../visitor.ts'

/** What attackers have to know of an app: how a person does a few things in it. Each gets a browser of that person. */
export interface AppUnderAttack {
  /** A handler, or the address of a server that runs. */
  readonly serve: Serve
  /** Signs this account in, as a form does. */
  signIn(visitor: Visitor, account: string): unknown
  /** Which account the app takes the visitor for, as a page of it shows; undefined, null or '' for nobody. */
  who(visitor: Visitor): string | null | undefined | Promise<string | null | undefined>
  /** Signs out. Without it, what concerns the sign-out is not tried. */
  signOut?(visitor: Visitor): unknown
  /** Something a guest, and who is signed in, can do that writes to the session, such as an article for the cart. Default: opens `/`. */
  visit?(visitor: Visitor): unknown
  /** Gives the session a new id, such as a change of the password. Without it, old ids of one sign-in are not tried. */
  renew?(visitor: Visitor): unknown
  /** Two accounts that `signIn` can sign in. Default `ada`, who is attacked, and `mallory`, who attacks. */
  readonly accounts?: readonly [victim: string, attacker: string]
  /**
   * The site's public address, such as `https://shop.test`. Default: that of the server, or `https://app.test` for a handler. A server is asked as by
   * a proxy in front of it: with this `Host`, and `X-Forwarded-Proto`.
   */
  readonly origin?: string
  /** A point that the app's requests come to after they have read the session: for a sign-out that overtakes another request. */
  readonly at?: MeetingPoint
  /** The app's clock, and the seconds in which an old id still shows what was before. */
  readonly grace?: { readonly clock: { advance(seconds: number): unknown }; readonly seconds: number }
}

/** The app as attackers use it. */
export class Ground {
  readonly app: AppUnderAttack
  readonly victim: string
  readonly attacker: string
  readonly origin: string
  readonly #serve: Serve
  readonly #paths = new Set<string>()

  constructor(app: AppUnderAttack) {
    this.app = app
    const { serve, accounts = ['ada', 'mallory'] } = app
    ;[this.victim, this.attacker] = accounts
    this.origin = new URL(app.origin ?? (typeof serve === 'string' ? serve : 'https://app.test')).origin
    const ask = typeof serve !== 'string' ? serve : this.origin === new URL(serve).origin ? fetch : behindProxy(serve)
    this.#serve = (request) => {
      this.#paths.add(new URL(request.url).pathname)
      return ask(request)
    }
  }

  /** A new browser. */
  browser(options: VisitorOptions = {}): Visitor {
    return visitor(this.#serve, { origin: this.origin, ...options })
  }

  /** Somebody who presents just these cookies. */
  presenting(cookie: string): Visitor {
    return presenting(this.#serve, cookie, { origin: this.origin })
  }

  async who(visitor: Visitor): Promise<string | undefined> {
    return (await this.app.who(visitor)) || undefined
  }

  /** The paths that were asked for so far, the longest first. */
  get paths(): readonly string[] {
    return [...this.#paths].sort((a, b) => b.length - a.length)
  }

  async visit(visitor: Visitor): Promise<void> {
    await (this.app.visit ? this.app.visit(visitor) : visitor.get('/'))
  }

  /** A browser that is signed in. Rejects unless the app shows it: then nothing that an attacker sees would mean anything. */
  async signedIn(account: string = this.victim, browser: Visitor = this.browser()): Promise<Visitor> {
    await this.app.signIn(browser, account)
    await this.expect(browser, account, `after signIn(visitor, '${account}')`)
    return browser
  }

  async expect(browser: Visitor, account: string | undefined, when: string): Promise<void> {
    const found = await this.who(browser)
    if (found === account) return
    const refused = browser.refused.map(({ line, why }) => ` A browser dropped the cookie ${line.split('=')[0]}: ${why}.`)
    throw new Error(
      `The attackers cannot judge this app: ${when}, who(visitor) gave ${JSON.stringify(found)} instead of ${JSON.stringify(account)}.` +
        [...new Set(refused)].join(''),
    )
  }
}

/** Asks the server as a proxy would that ends TLS in front of it. */
function behindProxy(address: string): Exclude<Serve, string> {
  return (request) => {
    const { pathname, search, host, protocol } = new URL(request.url)
    const headers = new Headers(request.headers)
    headers.set('host', host)
    headers.set('x-forwarded-host', host)
    headers.set('x-forwarded-proto', protocol.slice(0, -1))
    return fetch(new Request(new URL(pathname + search, address), new Request(request, { headers })))
  }
}
