import type { OldSession, SessionReader } from '../../migrate/format.ts'

/** Longer than requests that were sent with the old cookie are under way. */
const A_WHILE = 60_000

/**
 * Old records are removed a while after their session has moved: of requests that came together with the old cookie, the last one
 * still has to find it, to be told where the session went.
 */
export function lingering(reader: SessionReader): SessionReader {
  return {
    ...reader,
    async read(value, request) {
      const session: OldSession | undefined = await reader.read(value, request)
      const { forget } = session ?? {}
      if (!session || !forget) return session
      return {
        ...session,
        async forget() {
          // A record that cannot be removed opens nothing: the forwarding record is kept elsewhere.
          const timer: unknown = setTimeout(() => void forget().catch(() => {}), A_WHILE)
          if (typeof timer === 'object' && timer && 'unref' in timer && typeof timer.unref === 'function') timer.unref()
        },
      }
    },
  }
}
