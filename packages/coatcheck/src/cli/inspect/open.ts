import type { Contents } from '../../core/model/contents.ts'
import { lifeFault } from '../../core/model/lifetime.ts'
import { decodeSealed } from '../../core/model/sealed-text.ts'
import { encode } from '../../crypto/base64url.ts'
import { digest } from '../../crypto/digest.ts'
import { createKeyring } from '../../crypto/keyring.ts'
import { cookieSession } from '../../migrate/cookie-session.ts'
import type { OldSession, ReaderRequest, SessionReader } from '../../migrate/format.ts'
import { h3Seal } from '../../migrate/h3.ts'
import { ironSession } from '../../migrate/iron-session.ts'
import { isObject, parseJson } from '../../migrate/json.ts'
import { koaSession } from '../../migrate/koa-session.ts'
import { remixCookie, remixId } from '../../migrate/remix.ts'
import { remix3Cookie, remix3Id } from '../../migrate/remix3.ts'
import { signer } from '../../migrate/signed.ts'
import { textFromBase64, unescaped } from '../../migrate/text.ts'
import type { Site } from '../site/site.ts'
import type { Given } from './given.ts'
import type { Kind } from './kinds.ts'

/** What a cookie turned out to be. */
export interface Opened {
  /** Whether a secret made it; undefined: no secret was tried. */
  readonly isGenuine?: boolean
  /** Why it opens no session, as events and `explain` say it. */
  readonly reason?: string
  readonly handle?: string
  readonly owner?: string
  /** Milliseconds since the epoch. */
  readonly createdAt?: number
  readonly expiresAt?: number
  readonly values?: Readonly<Record<string, unknown>>
}

/** Looks into a cookie of ours with the sessions of an application, and stores nothing. */
export async function openedBy({ inside: { core } }: Site, value: string): Promise<Opened> {
  const { engine, persistence } = core
  const found = await persistence.find(value, undefined, engine.now(), true)
  if (!('refused' in found)) {
    const { handle, contents, lifetime } = found
    return { isGenuine: true, handle, createdAt: lifetime.createdAt, expiresAt: lifetime.expiresAt, ...heldIn(contents) }
  }
  const isForged = ['forged', 'malformed', 'unknown-key', 'revoked-key', 'unknown-version'].includes(found.refused)
  return { isGenuine: !isForged, reason: found.refused, ...(found.handle !== undefined && { handle: found.handle }) }
}

/** Looks into a cookie of ours with secrets alone. `name`: what it is bound to. */
export async function openedWith(secrets: readonly string[], { name, value }: Given, kind: Kind): Promise<Opened> {
  const keyring = createKeyring(secrets)
  const binding = name || '__Host-Http-session'
  if (kind.kind === 'coatcheck-ticket') {
    const verified = await keyring.verify('ticket', [binding], value)
    if (typeof verified === 'string') return { isGenuine: false, reason: verified }
    return { isGenuine: true, handle: await digest(`session ${binding}`, encode(verified.bytes)) }
  }
  const opened = await keyring.open('session', [binding], value)
  if (typeof opened === 'string') return { isGenuine: false, reason: opened }
  const sealed = decodeSealed(opened.text)
  if (typeof sealed === 'string') return { isGenuine: true, reason: sealed }
  const { id: handle, contents, lifetime } = sealed
  const reason = lifeFault(lifetime, Date.now())
  const times = { createdAt: lifetime.createdAt, expiresAt: lifetime.expiresAt }
  return { isGenuine: true, handle, ...times, ...(reason && { reason }), ...heldIn(contents) }
}

function heldIn({ values, owner }: Contents): Pick<Opened, 'values' | 'owner'> {
  return {
    values: Object.fromEntries([...values].map(([key, entry]) => [key, entry.take()])),
    ...(owner !== undefined && { owner }),
  }
}

/** Looks into a cookie of another library. Without secrets: only into what anybody can read. */
export async function openedForeign(
  secrets: readonly string[],
  given: Given,
  kind: Kind,
  all: readonly Given[],
): Promise<Opened> {
  if (secrets.length > 0) {
    const id = idBy(kind, secrets)
    if (id) return { isGenuine: (await id(given.value)) !== undefined }
    const reader = readerOf(kind, secrets, given.name)
    if (reader) {
      const found = await reader.read(given.value, requestOf(given.name, all))
      return found ? { isGenuine: true, ...timesOf(found), values: { ...found.values, ...found.flash } } : { isGenuine: false }
    }
  }
  const values = kind.isReadable ? readable(given.value) : undefined
  return values ? { values } : {}
}

const timesOf = ({ createdAt, expiresAt }: OldSession): Pick<Opened, 'createdAt' | 'expiresAt'> => ({
  ...(createdAt !== undefined && { createdAt }),
  ...(expiresAt !== undefined && { expiresAt }),
})

type ReadId = (value: string) => unknown

function idBy({ kind }: Kind, secrets: readonly string[]): ReadId | undefined {
  if (kind === 'express-session') return (value) => signer(secrets).unsign((unescaped(value) ?? '').slice(2))
  if (kind === 'fastify-session') return (value) => signer(secrets).unsign(unescaped(value) ?? '')
  if (kind === 'remix-id') return remixId(secrets).read
  return kind === 'remix-3-id' ? remix3Id(secrets).read : undefined
}

function readerOf({ kind, holds }: Kind, secrets: readonly string[], name: string): SessionReader | undefined {
  if (kind === 'cookie-session') return cookieSession({ keys: secrets, ...(name && { name }) })
  if (kind === 'koa-session' && holds === 'a session') return koaSession({ keys: secrets, ...(name && { key: name }) })
  if (kind === 'iron-session') {
    const password = Object.fromEntries(secrets.map((secret, at) => [String(at + 1), secret]))
    return ironSession({ password: secrets.length === 1 ? (secrets[0] ?? '') : password, cookieName: name || 'session' })
  }
  if (kind === 'h3' || kind === 'h3-pieces') return h3Seal({ password: secrets })
  if (kind === 'remix') return remixCookie(secrets)
  return kind === 'remix-3' ? remix3Cookie(secrets) : undefined
}

function requestOf(cookieName: string, all: readonly Given[]): ReaderRequest {
  const named = (name: string): string[] => all.filter((each) => each.name === name).map(({ value }) => value)
  const slowly: ReaderRequest['slowly'] = (trial) => trial(() => true)
  return { cookieName, cookie: (name) => named(name)[0], cookies: named, slowly, now: Date.now() }
}

function readable(value: string): Readonly<Record<string, unknown>> | undefined {
  const text = unescaped(value) ?? ''
  const [head = '', payload = ''] = text.split('.')
  const isJwt = /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*$/.test(text)
  for (const part of [isJwt ? payload : text, head]) {
    const content = parseJson(part) ?? parseJson(textFromBase64(part) ?? '')
    if (isObject(content)) return content
  }
  return undefined
}
