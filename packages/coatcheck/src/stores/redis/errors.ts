import { SessionError } from '../../errors.ts'
import { errorCode, type Wait } from './client.ts'

const FIXES: Readonly<Record<string, string>> = {
  OOM: 'Give Redis more memory (`maxmemory`), or move other data elsewhere. Sessions are still read and ended.',
  READONLY: 'The client is connected to a replica. Connect it to the master.',
  NOAUTH: 'Give the client its password.',
  WRONGPASS: 'Give the client its password.',
  NOPERM: 'Give this user the right to the keys of the prefix and to EVAL, EVALSHA and the commands that the scripts use.',
  CLUSTERDOWN: 'A part of the cluster is not served. It goes on by itself when that is back.',
  MISCONF:
    'Redis cannot write its snapshot to the disk and therefore takes no writes. Make room, or correct its right to write there.',
  WRONGTYPE: 'Something else uses this key. Choose another `prefix`.',
}

/** An error of Redis, or of the way to it. */
export function redisFailed(error: unknown): SessionError {
  if (error instanceof SessionError) return error
  const code = errorCode(error)
  const fix = code === undefined ? undefined : FIXES[code]
  return new SessionError('STORE_FAILED', `Redis could not be used${code === undefined ? '' : ` (${code})`}.`, {
    cause: error,
    ...(fix !== undefined && { fix }),
  })
}

export function notReplicated({ replicas, timeout }: Wait, had: number): SessionError {
  return new SessionError(
    'STORE_FAILED',
    `Redis kept this write, but only ${had} of the ${replicas} replicas that \`wait\` asks for had it within ${timeout} ms.`,
    { fix: 'Look at the replicas. Until they follow, a failover would undo this write.' },
  )
}
