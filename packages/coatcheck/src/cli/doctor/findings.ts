import { COOKIE_CODES } from './codes-cookie.ts'
import { MODULE_CODES } from './codes-module.ts'
import { URL_CODES } from './codes-url.ts'

/** `error`: sessions are lost, shown to others, or open to them. `warning`: they may be some day. */
export type Level = 'error' | 'warning'

export interface Finding {
  readonly code: Code
  readonly level: Level
  /** The sessions, or the address, that it is about. */
  readonly where: string
  /** What is wrong. */
  readonly says: string
  /** What to do. */
  readonly fix: string
}

/** Every code: its level, what is wrong, and what to do. */
export const CODES: Readonly<Record<Code, readonly [level: Level, what: string, fix: string]>> = {
  ...MODULE_CODES,
  ...COOKIE_CODES,
  ...URL_CODES,
}

export type Code = keyof typeof MODULE_CODES | keyof typeof COOKIE_CODES | keyof typeof URL_CODES

/** `says`, `fix`: what is more exact than the table. */
export function finding(code: Code, where: string, says?: string, fix?: string): Finding {
  const [level, what, advice] = CODES[code]
  return { code, level, where, says: says ?? what, fix: fix ?? advice }
}
