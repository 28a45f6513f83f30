import { error, redirect } from '@sveltejs/kit'
import { command, form, getRequestEvent, query } from '$app/server'

async function changed(name: string) {
  const session = await getRequestEvent().locals.session
  session.set(`trial ${name}`, true)
  return session
}

export const who = query(async () => {
  const session = await getRequestEvent().locals.session
  return { user: session.owner ?? null, n: session.get('trial n') ?? null }
})

export const failing = query(async () => {
  if ((await getRequestEvent().locals.session).has('trial beside')) error(503, 'the query fails')
  return 'well'
})

export const begin = query(async () => {
  await changed('query')
  return 'begun'
})

export const bump = command(async () => {
  const session = await getRequestEvent().locals.session
  return session.update('trial n', (was) => Number(was ?? 0) + 1)
})

export const broken = command(async () => {
  await changed('broken')
  throw new Error('nobody expected this')
})

export const refused = command(async () => {
  await changed('refused')
  error(503, 'expected')
})

export const forbidden = command(async () => {
  await changed('forbidden')
  error(403, 'expected')
})

/** The command is well, and the query that it has made anew is not. */
export const beside = command(async () => {
  await changed('beside')
  await failing().refresh()
  return 'well'
})

export const enter = form(async () => {
  const session = await changed('form')
  session.signIn('ada')
  session.flash('message', 'Welcome, ada')
  redirect(303, '/')
})
