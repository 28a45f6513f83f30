import { createServerFn } from '@tanstack/react-start'
import { getSession } from './sessions.server'

export const home = createServerFn().handler(async () => {
  const session = await getSession()
  return {
    visits: session.update('visits', (visits = 0) => visits + 1),
    cart: session.get('cart')?.length ?? 0,
    language: session.get('language') ?? 'en',
    user: session.owner ?? 'guest',
    message: session.flash('message'),
  }
})

export const message = createServerFn().handler(async () => (await getSession()).flash('message'))
