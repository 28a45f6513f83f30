import { remixFlash } from '../../migrate/flash-keys.ts'
import type { IdFormat, OldSession, UpstreamFormat } from '../../migrate/format.ts'

/** The values of Remix 3's cookies inside the signature that its cookie puts around them. */

const isValues = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A whole session: `{"i":"<id>","d":[values, flash]}`. */
export const plainSession: UpstreamFormat = {
  format: 'remix3',
  read(value): OldSession | undefined {
    try {
      const content: unknown = value.startsWith('{') ? JSON.parse(value) : undefined
      if (!isValues(content) || typeof content.i !== 'string' || content.i === '' || !Array.isArray(content.d)) return undefined
      const [values, flash] = content.d
      if (!isValues(values) || !isValues(flash)) return undefined
      return { ...remixFlash(values), flash, unique: content.i }
    } catch {
      return undefined
    }
  },
  write: ({ id, values, flash = {} }) => JSON.stringify({ i: id, d: [values, flash] }),
}

/** An id alone. */
export const plainId: IdFormat = {
  format: 'remix3',
  write: (id) => id,
  read: (value) => (/^[\w-]{16,64}$/.test(value) ? value : undefined),
}
