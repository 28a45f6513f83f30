import { createTypedCookie } from 'remix-utils/typed-cookie'
import { type InferOutput, nullable, picklist } from 'valibot'
import { createCookie } from '#sessions'
import { cookie, DAY } from './cookie.server'

const schema = nullable(picklist(['light', 'dark']))
export type Theme = NonNullable<InferOutput<typeof schema>>

export const themeCookie = createTypedCookie({
  cookie: createCookie('en_theme', { ...cookie, maxAge: 365 * DAY }),
  schema,
})

export async function getTheme(request: Request): Promise<Theme> {
  try {
    return (await themeCookie.parse(request.headers.get('cookie'))) ?? 'light'
  } catch {
    return 'light'
  }
}
