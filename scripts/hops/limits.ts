import type { Hops } from './count.ts'

/**
 * What each request may pass at most. These are today's figures; the aim for a stored request is 15 files, 60 crossings and 10 straight
 * back. Lower them when the way gets shorter.
 */
export const LIMITS: Readonly<Record<'stored' | 'sealed' | 'anonymous', Hops>> = {
  stored: { files: 29, crossings: 159, back: 55 },
  sealed: { files: 27, crossings: 160, back: 59 },
  anonymous: { files: 17, crossings: 77, back: 26 },
}

/** What goes beyond its limit, one line for each. */
export const beyond = (hops: Hops, most: Hops): string[] =>
  (['files', 'crossings', 'back'] as const).flatMap((kind) =>
    hops[kind] > most[kind] ? [`${hops[kind]} ${kind}, at most ${most[kind]}`] : [],
  )
