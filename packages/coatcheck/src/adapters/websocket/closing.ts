/** A socket of `ws`, of the platform, of crossws, Bun and Hono. */
export interface Closable {
  close(code?: number, reason?: string): unknown
}

/** A socket of socket.io. */
export interface Disconnectable {
  disconnect(close?: boolean): unknown
}

export type AnySocket = Closable | Disconnectable

/** How a socket says that it was closed, if it does: others have a hook for that. */
interface Telling {
  once?(event: string, told: () => void): unknown
  addEventListener?(event: string, told: () => void): unknown
}

/** What the client is told: of the codes for applications (RFC 6455, 7.4.2) the one that resembles 401. */
const SESSION_ENDED = 4401

export function closeSocket(socket: AnySocket): void {
  if ('disconnect' in socket) socket.disconnect(true)
  else socket.close(SESSION_ENDED, 'session ended')
}

export function whenClosed(socket: AnySocket & Telling, closed: () => void): void {
  const event = 'disconnect' in socket ? 'disconnect' : 'close'
  if (typeof socket.once === 'function') socket.once(event, closed)
  else socket.addEventListener?.(event, closed)
}
