import { SessionError } from '../errors.ts'

const NAME = /^[a-z0-9_-]{1,128}$/

/** Whether `name` may be a key or the digest of an owner. */
export function isName(name: string): boolean {
  return NAME.test(name)
}

/** Only names of this form reach a backend. The error does not repeat the name, which whoever made the request may have chosen. */
export function checkName(store: string, name: string): void {
  if (isName(name)) return
  throw new SessionError(
    'BAD_KEY',
    `The ${store} store was given a key or owner that is not 1 to 128 of a-z, 0-9, "_" and "-".`,
    {
      fix: 'Give the store digests, as the engine does.',
    },
  )
}
