import { createCookieSessionStorage } from '#sessions'
import { cookie, MINUTE } from './cookie.server'

/** Who has given a password, and still has to give a code. */
export const verifyStorage = createCookieSessionStorage<{ userId: string; remember: boolean }>({
  cookie: { ...cookie, name: 'en_verification', maxAge: 10 * MINUTE },
})
