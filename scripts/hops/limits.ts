import type { Hops } from './count.ts'

/**
 * What each request may pass at most. These are today's figures; the aim for a stored request is 15 files, 60 crossings and 10 straight
 * back. Lower them when the way gets shorter.
 */
export const LIMITS: Readonly<Record<'stored' | 'sealed' | 'anonymous', Hops>> = {
  stored: { files: 25, crossings: 105, back: 30 },
  sealed: { files: 22, crossings: 97, back: 30 },
  anonymous: { files: 12, crossings: 45, back: 11 },
}

/** What goes beyond its limit, one line for each. */
export const beyond = (hops: Hops, most: Hops): string[] =>
  (['files', 'crossings', 'back'] as const).flatMap((kind) =>
    hops[kind] > most[kind] ? [`${hops[kind]} ${kind}, at most ${most[kind]}`] : [],
  )
