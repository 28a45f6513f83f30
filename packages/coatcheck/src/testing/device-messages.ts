import type { JarCookie } from './jar.ts'

// What servers and browsers say to each other of device-bound sessions (Device Bound Session Credentials, W3C), as Chromium 156 does.

/** What a server asks for in `Secure-Session-Registration`. */
export interface Asked {
  readonly path: string
  readonly challenge: string
}

/** What a server answered a registration. */
export interface Instruction {
  readonly session_identifier: string
  readonly refresh_url: string
  readonly continue?: false
  readonly scope: {
    readonly origin: string
    readonly include_site: boolean
    readonly scope_specification: readonly { readonly type: string; readonly domain: string; readonly path: string }[]
  }
  readonly credentials: readonly { readonly type: string; readonly name: string; readonly attributes: string }[]
  readonly allowed_refresh_initiators?: readonly string[]
}

/** The registrations of which the key can be of P-256. */
export function askedIn(header: string | null): Asked[] {
  const all = (header ?? '').matchAll(/\(([^)]*)\)((?:\s*;\s*\w+="(?:[^"\\]|\\.)*")*)/g)
  return Array.from(all).flatMap(([, algorithms = '', parameters = '']) => {
    const [path, challenge] = [parameterIn(parameters, 'path'), parameterIn(parameters, 'challenge')]
    return algorithms.split(' ').includes('ES256') && path && challenge ? [{ path, challenge }] : []
  })
}

/** The challenge for the session of this name. */
export function challengeFor(header: string | null, id: string): string | undefined {
  for (const [, challenge = '', parameters = ''] of (header ?? '').matchAll(/"((?:[^"\\]|\\.)*)"((?:\s*;\s*\w+="[^"]*")*)/g))
    if (parameterIn(parameters, 'id') === id) return challenge
  return undefined
}

const parameterIn = (parameters: string, name: string): string | undefined =>
  new RegExp(`;\\s*${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(parameters)?.[1]?.replace(/\\(.)/g, '$1')

/** Whether the session of this instruction counts for a request. */
export function isInScope({ scope, refresh_url }: Instruction, url: string): boolean {
  const { origin, hostname, pathname } = new URL(url)
  const own = new URL(scope.origin)
  const isHere = scope.include_site ? siteOf(hostname) === siteOf(own.hostname) : origin === own.origin
  const isExcluded = scope.scope_specification.some(
    ({ type, domain, path }) =>
      type === 'exclude' &&
      (domain === '*' || domain === hostname) &&
      (pathname === path || pathname.startsWith(path.replace(/\/?$/, '/'))),
  )
  return isHere && !isExcluded && new URL(refresh_url, scope.origin).href !== url
}

const siteOf = (host: string): string => host.split('.').slice(-2).join('.')

/** Why no browser keeps a session for this cookie. */
export function credentialFault({ credentials }: Instruction, cookies: readonly JarCookie[]): string | undefined {
  if (credentials.length === 0) return 'NoCredentials'
  const isWrong = credentials.some(({ name }) => /^__host-http-/i.test(name) || !cookies.some((cookie) => cookie.name === name))
  return isWrong ? 'InvalidCredentialsCookie' : undefined
}

/** Whether a cookie is there that has all that was said of it: another one of its name does not count. */
export function hasCredentials({ credentials }: Instruction, cookies: readonly JarCookie[]): boolean {
  return credentials.every(({ name, attributes }) => {
    const said = new Map(
      attributes
        .split(/;\s*/)
        .map((part): [string, string] => [(part.split('=')[0] ?? '').toLowerCase(), part.split('=')[1] ?? '']),
    )
    return cookies.some(
      (cookie) =>
        cookie.name === name &&
        cookie.path === (said.get('path') ?? '/') &&
        cookie.secure === said.has('secure') &&
        cookie.httpOnly === said.has('httponly') &&
        cookie.sameSite === (said.get('samesite') ?? 'lax').toLowerCase() &&
        cookie.hostOnly === !said.has('domain'),
    )
  })
}

export const CURVE: { readonly name: string; readonly namedCurve: string; readonly hash: string } = {
  name: 'ECDSA',
  namedCurve: 'P-256',
  hash: 'SHA-256',
}

/** A JWT of ES256. */
export async function signed(key: CryptoKey, head: object, jti: string): Promise<string> {
  const text = `${base64url(new TextEncoder().encode(JSON.stringify(head)))}.${base64url(new TextEncoder().encode(JSON.stringify({ jti })))}`
  return `${text}.${base64url(new Uint8Array(await crypto.subtle.sign(CURVE, key, new TextEncoder().encode(text))))}`
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
