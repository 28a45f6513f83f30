import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** What a server with TLS needs, as PEM, and the pin by which Chromium takes its authority. */
export interface Certified {
  readonly key: string
  readonly chain: string
  readonly pin: string
}

const part = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
const sequence = (...parts: readonly Uint8Array[]) => part(0x30, ...parts)
const text = (tag: number, value: string) => part(tag, Buffer.from(value))
const hex = (tag: number, value: string) => part(tag, Buffer.from(value, 'hex'))

const ECDSA_SHA256 = sequence(hex(6, '2a8648ce3d040302'))
const named = (name: string) => sequence(part(0x31, sequence(hex(6, '550403'), text(0x0c, name))))
const extension = (oid: string, value: Uint8Array) => sequence(hex(6, oid), part(4, value))
const pem = (der: Buffer) => `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' })

/** An authority of the moment, and a certificate of it for these hosts (RFC 5280), for a day. */
export function certified(...hosts: readonly string[]): Certified {
  const [authority, own] = [
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ]
  const time = (ms: number) => text(0x17, `${new Date(ms).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`)
  const validity = sequence(time(Date.now() - 3_600_000), time(Date.now() + 86_400_000))
  const made = (serial: number, subject: string, key: KeyObject, ...extensions: readonly Uint8Array[]) => {
    const head = [part(0xa0, hex(2, '02')), part(2, Buffer.from([serial])), ECDSA_SHA256, named('Test authority'), validity]
    const body = sequence(...head, named(subject), spki(key), part(0xa3, sequence(...extensions)))
    const signature = sign('sha256', body, authority.privateKey)
    return sequence(body, ECDSA_SHA256, part(3, Buffer.from([0]), signature))
  }
  const names = sequence(...hosts.map((host) => text(0x82, host)))
  const leaf = made(2, hosts[0] ?? '', own.publicKey, extension('551d11', names))
  const root = made(1, 'Test authority', authority.publicKey, extension('551d13', sequence(hex(1, 'ff'))))
  return {
    key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    chain: pem(leaf) + pem(root),
    pin: createHash('sha256').update(spki(authority.publicKey)).digest('base64'),
  }
}
