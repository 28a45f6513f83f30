'use server'
import { redirect } from 'next/navigation'
import { getSession, withSession } from '../../lib/session'

export const signIn = withSession(async (form: FormData) => {
  const session = await getSession()
  session.signIn(String(form.get('username')))
  session.flash('message', 'Welcome')
  redirect('/account')
})

export const signOut = withSession(async () => {
  const session = await getSession()
  session.signOut()
  session.flash('message', 'Goodbye')
  redirect('/account')
})

export const greet = withSession(async () => {
  const session = await getSession()
  session.flash('message', 'Hello again')
  redirect('/account')
})

export async function add() {
  const session = await getSession()
  session.update('cart', (cart = []) => [...cart, 'hat'])
  await session.save()
}

export async function look() {
  const session = await getSession()
  session.get('cart')
  await session.save()
}

export const fail = withSession(async () => {
  const session = await getSession()
  session.set('language', 'lost')
  throw new Error('the action failed')
})
