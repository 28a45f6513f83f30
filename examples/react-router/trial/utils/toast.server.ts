import { object, parse, string } from 'valibot'
import { createCookieSessionStorage } from '#sessions'
import { cookie } from './cookie.server'

const schema = object({ title: string() })

export const toastStorage = createCookieSessionStorage({
  cookie: { ...cookie, name: 'en_toast' },
})

export async function toastHeaders(toast: { title: string }): Promise<Headers> {
  const session = await toastStorage.getSession()
  session.flash('toast', toast)
  return new Headers({ 'set-cookie': await toastStorage.commitSession(session) })
}

/** What is to be shown once, and the headers after which it is gone. */
export async function takeToast(request: Request): Promise<{ toast: string; headers: Headers } | undefined> {
  const session = await toastStorage.getSession(request.headers.get('cookie'))
  const toast = session.get('toast')
  if (!toast) return undefined
  return { toast: parse(schema, toast).title, headers: new Headers({ 'set-cookie': await toastStorage.destroySession(session) }) }
}
