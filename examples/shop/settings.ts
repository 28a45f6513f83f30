import { fileURLToPath } from 'node:url'

/** What stops the shop from opening, told to whoever started it: what happened and what to do. */
export class CannotOpen extends Error {}

export interface Settings {
  readonly port: number
  readonly host: string
  /** The SQLite file that holds the sessions. */
  readonly file: string
  /** Newest first; undefined: one is made and kept beside the file. */
  readonly secrets: readonly string[] | undefined
  /** For browsers that drop Secure cookies on plain http. */
  readonly insecure: boolean
}

const FILE = fileURLToPath(new URL('.data/shop.sqlite', import.meta.url))

/** Reads the environment; an empty variable counts as not set. Throws `CannotOpen`. */
export function settingsFrom(env: Readonly<Record<string, string | undefined>>): Settings {
  const port = env.PORT || '3000'
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new CannotOpen(
      `PORT is "${port}", which is no port. Give a whole number from 0 (any free one) to 65535: PORT=3001 npm start`,
    )
  }
  const insecure = env.SHOP_INSECURE || '0'
  if (!/^[01]$/.test(insecure)) {
    throw new CannotOpen(`SHOP_INSECURE is "${insecure}". Set it to 1 for a cookie without Secure, or leave it out.`)
  }
  const secrets = env.SHOP_SECRETS?.split(/[\s,]+/).filter((secret) => secret !== '')
  return {
    port: Number(port),
    host: env.SHOP_HOST || '127.0.0.1',
    file: env.SHOP_FILE || FILE,
    secrets: secrets?.length ? secrets : undefined,
    insecure: insecure === '1',
  }
}
