// What Next 16 calls proxy.ts. `config` is read without running the file, so it stands here as it is.
export { proxy as middleware } from './proxy'

export const config = { matcher: '/((?!_next/).*)', runtime: 'nodejs' }
