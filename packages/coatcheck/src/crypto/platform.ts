import { nodePrimitives } from './on-node.ts'
import { webPrimitives } from './on-web.ts'
import type { Primitives } from './primitives.ts'

let chosen: Primitives | undefined

/** The best primitives of this platform, looked for when they are first needed and not before. */
export function platform(): Primitives {
  chosen ??= nodePrimitives() ?? webPrimitives
  return chosen
}
