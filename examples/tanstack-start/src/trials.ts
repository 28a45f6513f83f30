import { notFound, redirect } from '@tanstack/react-router'
import { createServerFn } from '@tanstack/react-start'
import { getRequest } from '@tanstack/react-start/server'
import { gate } from './gate.server'
import { getSession } from './sessions.server'

// What tests call from a page and as a browser does.

export const count = createServerFn({ method: 'POST' }).handler(async () => {
  const session = await getSession()
  return session.update('n', (n = 0) => n + 1)
})

export const keys = createServerFn().handler(async () => [...(await getSession()).keys()].toSorted())

export const boom = createServerFn({ method: 'POST' }).handler(async () => {
  const session = await getSession()
  session.set('boom', true)
  throw new Error('boom')
})

export const recovers = createServerFn({ method: 'POST' }).handler(async () => {
  const session = await getSession()
  session.set('outer', true)
  return boom().catch(() => 'recovered')
})

export const endsAndThrows = createServerFn({ method: 'POST' }).handler(async () => {
  const session = await getSession()
  session.destroy()
  throw new Error('boom')
})

export const leads = createServerFn({ method: 'POST' }).handler(async () => {
  const session = await getSession()
  session.signIn('ada')
  session.flash('message', 'Welcome, ada')
  throw redirect({ to: '/' })
})

export const misses = createServerFn({ method: 'POST' }).handler(async () => {
  const session = await getSession()
  session.set('missed', true)
  throw notFound()
})

export const late = createServerFn().handler(async () => {
  await gate(new URL(getRequest().url).searchParams.get('gate') ?? 'call').passed
  const session = await getSession()
  try {
    session.set('late', true)
    return 'kept'
  } catch (error) {
    return (error as { code: string }).code
  }
})
