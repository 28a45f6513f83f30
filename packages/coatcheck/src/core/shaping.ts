import type { Shape, Shaping } from './model/shape.ts'
import type { SchemaSettings } from './options/schema.ts'

/** What a site says of its values, whose code is on its way from here on. */
export function shapingOf(settings: SchemaSettings, now: () => number): Shaping {
  let shape: Shape | undefined
  const load = async () => {
    const { shapeOf } = await import('./later.ts') // most sites need none of it
    shape ??= shapeOf(settings, now)
    return shape
  }
  load().catch(() => {}) // it is loaded again when a session is opened, which says what is wrong
  return {
    get shape() {
      return shape
    },
    load,
  }
}
