// Libraries that keep all data in the cookie and ask for no framework, and one for SvelteKit.
import { parse, serialize } from 'cookie-es'
import { getIronSession } from 'iron-session'
import { CookieSession } from 'svelte-kit-cookie-session/core'
import { accessTo, collecting, type Page, SECRET } from '../session.ts'
import type { Group, Opened } from '../setting.ts'
import { throughFetch } from '../visits.ts'

type Data = Record<string, unknown>

function iron(): Opened {
  const visit = ({ use, writes }: Page) =>
    throughFetch(async (request) => {
      // Headers for the session's own line; the response is made when its body is known.
      const head = new Response()
      const session = await getIronSession<Data>(request, head, { password: SECRET, cookieName: 'session' })
      const body = use(accessTo(session))
      const text = body instanceof Promise ? await body : body
      if (writes) await session.save()
      return new Response(text, { headers: head.headers })
    })
  return { visit }
}

/** With what SvelteKit gives a hook: the request, and cookies as its own are. */
function svelteKit(): Opened {
  const visit = ({ use, writes }: Page) =>
    throughFetch(async (request) => {
      const cookies = kitCookies(request)
      const session = new CookieSession({ request, cookies } as never, { secret: SECRET })
      await session.init()
      const { access, changes } = collecting((session.data ?? {}) as Data)
      const body = use(access)
      const text = body instanceof Promise ? await body : body
      if (writes) await session.update(() => changes as never)
      const response = new Response(text)
      for (const line of cookies.lines.values()) response.headers.append('set-cookie', line)
      return response
    })
  return { visit }
}

function kitCookies(request: Request) {
  const given = parse(request.headers.get('cookie') ?? '')
  const lines = new Map<string, string>()
  return {
    lines,
    get: (name: string) => given[name],
    getAll: () => Object.entries(given).map(([name, value]) => ({ name, value })),
    set: (name: string, value: string, options: object) => void lines.set(name, serialize(name, value, options)),
    delete: (name: string, options: object) => void lines.set(name, serialize(name, '', { ...options, maxAge: 0 })),
  }
}

export const group: Group = {
  bare: {},
  settings: [
    { name: 'iron-session', kind: 'sealed', over: 'fetch', open: iron },
    { name: 'svelte-kit-cookie-session', kind: 'sealed', over: 'fetch', open: svelteKit },
  ],
}
