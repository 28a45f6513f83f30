import { openSession } from 'coatcheck/astro/session'

interface Flash {
  message: string
  error: string
}

/** Astro's session has no flash values; the session behind it has. */
export const flashOf = (context: Parameters<typeof openSession>[0]) => openSession<App.SessionData, Flash>(context)
