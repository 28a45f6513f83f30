/** What the cookies of this site have in common. */
export const cookie = {
  sameSite: 'lax',
  path: '/',
  httpOnly: true,
  secrets: (process.env.SESSION_SECRET ?? '').split(','),
  secure: process.env.NODE_ENV === 'production',
} as const

export const MINUTE = 60
export const DAY = 24 * 60 * MINUTE
