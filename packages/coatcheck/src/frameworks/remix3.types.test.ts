import { createSession, type Session } from './remix3.ts'

const session: Session<{ user: string }, { message: string }> = createSession<{ user: string }, { message: string }>()
session.set('user', 'ada')
session.flash('message', 'hi')
session.get('user') satisfies string | undefined
// @ts-expect-error: a value of another type
session.set('user', 1)
// @ts-expect-error: not a key
session.get('cart')
// @ts-expect-error: not a flash value
session.flash('user', 'ada')
