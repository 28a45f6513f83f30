import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { createSessions, type Session } from 'coatcheck'
import { sqliteStore } from 'coatcheck/stores/sqlite'

interface Shop {
  visits: number
  cart: string[]
  language: string
}
interface Messages {
  message: string
}

const { SESSION_SECRET, COATCHECK_STORE } = process.env

export const sessions = createSessions<Shop, Messages>({
  // For development only: everybody can read it here.
  secrets: SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc',
  cookie: { name: 'session' },
  ...(COATCHECK_STORE && { store: sqliteStore({ path: COATCHECK_STORE }) }),
})

export type ShopSession = Session<Shop, Messages>

/** A handler's parameter that is the session of its request. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext) =>
  sessions.open(context.switchToHttp().getRequest()),
)
