import { decode } from '../../crypto/base64url.ts'
import { isObject, parseJson } from '../../migrate/json.ts'
import { textFromBase64, unescaped } from '../../migrate/text.ts'
import type { Given } from './given.ts'

/** Who wrote a cookie, and what is in it, as far as its form says. */
export interface Kind {
  readonly kind: KindName
  /** As people call it. */
  readonly library: string
  readonly holds: 'a session' | 'an id' | 'nobody knows what'
  /** Whether it can be read without a secret. */
  readonly isReadable?: true
}

export type KindName =
  | 'coatcheck-sealed'
  | 'coatcheck-ticket'
  | 'coatcheck-unsigned'
  | 'coatcheck-piece'
  | 'express-session'
  | 'cookie-session'
  | 'koa-session'
  | 'iron-session'
  | 'h3'
  | 'h3-pieces'
  | 'remix'
  | 'remix-id'
  | 'remix-3'
  | 'remix-3-id'
  | 'hydrogen-1'
  | 'astro'
  | 'fastify-session'
  | 'fastify-secure-session'
  | 'jwt'
  | 'jwe'
  | 'signature'
  | 'unknown'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i
const MAC = /^[\w+/-]{43}=?$/

/** By its form alone: nothing is checked. `all`: the cookies that came with it. */
export function kindOf(given: Given, all: readonly Given[]): Kind {
  const { name, value } = given
  if (name.endsWith('.sig') && all.some((each) => `${each.name}.sig` === name))
    return { kind: 'signature', library: 'keygrip', holds: 'nobody knows what' }
  const piece = /^(.+)\.[1-7]$/.exec(name)?.[1]
  if (/^~[2-8]~/.test(value) || all.some((each) => each.name === piece && each.value.startsWith('~')))
    return { kind: 'coatcheck-piece', library: 'Coatcheck', holds: 'a session' }
  return (
    ours(value) ??
    sealed(value) ??
    plain(given, all) ??
    signed(given) ?? { kind: 'unknown', library: 'unknown', holds: 'nobody knows what' }
  )
}

function ours(value: string): Kind | undefined {
  const bytes = /^[\w-]+$/.test(value) ? decode(value) : undefined
  if (bytes?.[0] === 2 && bytes.length > 45) return { kind: 'coatcheck-sealed', library: 'Coatcheck', holds: 'a session' }
  if (bytes?.[0] === 1 && bytes.length === 45) return { kind: 'coatcheck-ticket', library: 'Coatcheck', holds: 'an id' }
  return undefined
}

function sealed(value: string): Kind | undefined {
  if (/^__chunked__\d+$/.test(value)) return { kind: 'h3-pieces', library: 'h3, Nitro or Nuxt', holds: 'a session' }
  if (/^Fe26\.2\*/.test(value))
    return value.endsWith('~2')
      ? { kind: 'iron-session', library: 'iron-session', holds: 'a session' }
      : { kind: 'h3', library: 'h3, Nitro or Nuxt', holds: 'a session' }
  const parts = value.split('.')
  if (value.startsWith('eyJ') && parts.every((part) => /^[\w-]*$/.test(part))) {
    if (parts.length === 5) return { kind: 'jwe', library: 'an encrypted JWT, as of Auth.js', holds: 'a session' }
    if (parts.length === 3) return { kind: 'jwt', library: 'a JWT', holds: 'a session', isReadable: true }
  }
  const [box = '', nonce = '', ...more] = (unescaped(value) ?? '').replace(/\.[^.]*$/, '').split(';')
  const isBox = more.length === 0 && /^[\w+/-]{22,}={0,2}$/.test(box) && /^[\w+/-]{32}$/.test(nonce)
  return isBox ? { kind: 'fastify-secure-session', library: '@fastify/secure-session', holds: 'a session' } : undefined
}

/** What anybody can read. */
function plain({ name, value }: Given, all: readonly Given[]): Kind | undefined {
  const json = /^"?(\{|%7b)/i.test(value) ? parseJson(unescaped(value) ?? '') : undefined
  if (isObject(json))
    return { kind: 'hydrogen-1', library: 'Hydrogen 1', holds: 'sid' in json ? 'an id' : 'a session', isReadable: true }
  const content = parseJson(textFromBase64(value) ?? '')
  if (isObject(content))
    return '_expire' in content || '_maxAge' in content || name === 'koa.sess'
      ? { kind: 'koa-session', library: 'koa-session', holds: 'a session', isReadable: true }
      : { kind: 'cookie-session', library: 'cookie-session', holds: 'a session', isReadable: true }
  if (UUID.test(value))
    return name === 'astro-session' || name === '' ? { kind: 'astro', library: 'Astro', holds: 'an id' } : undefined
  if (name === 'koa.sess' && all.some((each) => each.name === 'koa.sess.sig'))
    return { kind: 'koa-session', library: 'koa-session', holds: 'an id' }
  const mayBeOurs = /^[\w-]{32}$/.test(value) && /^__(host|secure)-/i.test(name)
  return mayBeOurs ? { kind: 'coatcheck-unsigned', library: 'Coatcheck without secrets', holds: 'an id' } : undefined
}

/** `text.mac`, as cookie-signature and those after it write it. */
function signed({ value }: Given): Kind | undefined {
  const text = unescaped(value) ?? ''
  const dot = text.lastIndexOf('.')
  if (dot < 0 || !MAC.test(text.slice(dot + 1))) return undefined
  if (text.startsWith('s:')) return { kind: 'express-session', library: 'express-session', holds: 'an id' }
  const payload = textFromBase64(text.slice(0, dot))
  const content = payload === undefined ? undefined : parseJson(payload)
  if (isObject(content))
    return typeof content.i === 'string' && Array.isArray(content.d)
      ? { kind: 'remix-3', library: 'Remix 3', holds: 'a session', isReadable: true }
      : { kind: 'remix', library: 'Remix or React Router', holds: 'a session', isReadable: true }
  if (typeof content === 'string' || typeof content === 'number')
    return { kind: 'remix-id', library: 'Remix or React Router', holds: 'an id' }
  if (payload !== undefined && UUID.test(payload)) return { kind: 'remix-3-id', library: 'Remix 3', holds: 'an id' }
  return { kind: 'fastify-session', library: '@fastify/session', holds: 'an id' }
}
