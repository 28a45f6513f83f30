/** What `explain` needs, loaded when somebody asks. Not in core/later.ts: requests lead there, and this leads to requests. */
export { explain } from './explain.ts'
export { DevelopmentWitness } from './witness.ts'
