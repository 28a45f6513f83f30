/**
 * What is loaded when it is first asked for, as one file: bundlers that meet two such files in what an application does not use keep both, and
 * all that they need.
 */
export { explain } from './explain/explain.ts'
export { DevelopmentWitness } from './explain/witness.ts'
export { once } from './once/once.ts'
export { shapeOf } from './schema/shape.ts'
export { watch } from './watch/watch.ts'
