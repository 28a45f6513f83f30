import { H3, type H3Event } from 'h3'
import type { SessionEvent } from '../../src/core/events.ts'
import { getSession } from '../../src/frameworks/h3.ts'
import type { Store } from '../../src/stores/store.ts'

/** The sessions of a site, as every face is told of them. */
export interface Site {
  readonly cookie: string
  readonly secret: string
  readonly store?: Store
  readonly now: () => number
  readonly onEvent: (event: SessionEvent) => void
}

/** What a request to a site behind a face came to: the values of its session. */
export interface Looked {
  readonly values: Readonly<Record<string, unknown>>
  readonly response: Response
}

/** A face, and a page of it that reads the session and changes nothing. */
export interface Face {
  readonly name: string
  look(site: Site, headers: Headers): Promise<Looked>
}

const URL = 'https://app.test/'

export const faces: readonly Face[] = [
  {
    name: 'h3',
    async look({ cookie, secret, ...rest }, headers) {
      let values = {}
      const app = new H3().get('/', async (event: H3Event) => {
        const session = await getSession(event, { name: cookie, password: secret, ...rest })
        values = { ...session.data }
        return 'ok'
      })
      return { response: await app.fetch(new Request(URL, { headers })), values }
    },
  },
]
