import { SessionError } from '../../errors.ts'

const GONE = 'Make the bucket: call `await store.migrate()` when the application starts.'

const NO_ROOM = 'The server has no room left for JetStream: give it more. Sessions are still read and ended.'

/** By the code of JetStream, or by the name of the client's error. */
const FIXES: Readonly<Record<string, string>> = {
  10059: GONE,
  // JetStream does not answer.
  JetStreamNotEnabled: `${GONE} If it is there, switch JetStream on, and see whether the stream has a leader.`,
  10039: 'Switch JetStream on for this account.',
  10002:
    'The account is at its limit of storage: raise it, or prune more often. NATS may have dropped the session that was to be written.',
  10077: 'The bucket is full: raise its `max_bytes`, or prune more often. Sessions are still read and ended.',
  10047: NO_ROOM,
  10023: NO_ROOM,
  ClosedConnectionError:
    'The client gave the connection up for good. Connect with `maxReconnectAttempts: -1`, so that it goes on trying.',
  DrainingConnectionError: 'The application closes this connection; open another for what comes.',
}

/** An error of NATS, or of the way to it. */
export function natsFailed(error: unknown): SessionError {
  if (error instanceof SessionError) return error
  const code = codeOf(error)
  const fix = FIXES[code] ?? FIXES[error instanceof Error ? error.name : '']
  return new SessionError('STORE_FAILED', `NATS could not be used${code === 0 ? '' : ` (${code})`}.`, {
    cause: error,
    ...(fix !== undefined && { fix }),
  })
}

/** Another revision is there than the one to be replaced. */
export const isOtherRevision = (error: unknown): boolean => [10071, 10164].includes(codeOf(error))

/** Of the bucket, of the disk, of the server. */
export const hasNoRoom = (error: unknown): boolean => [10077, 10047, 10023].includes(codeOf(error))

/** The number that JetStream gave an error; 0 for any other. */
export function codeOf(error: unknown): number {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return typeof code === 'number' ? code : 0
}
