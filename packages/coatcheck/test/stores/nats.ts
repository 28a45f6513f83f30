import { Kvm } from '@nats-io/kv'
import { connect } from '@nats-io/transport-node'
import { startNats } from '../../../../scripts/engine-servers.ts'
import { natsStore } from '../../src/stores/nats.ts'
import { startOrTake } from '../helpers/engines.ts'
import { over } from '../helpers/over.ts'
import type { TriedStore } from './tried.ts'

export async function connectNats(url: string): Promise<{ client: Kvm; close(): Promise<void> }> {
  const connection = await connect({ servers: new URL(url).host, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  return { client: new Kvm(connection), close: () => connection.close() }
}

export const TRIED: readonly TriedStore[] = [
  over({
    name: 'nats, over @nats-io/kv',
    engine: 'nats',
    start: () => startOrTake('nats', startNats),
    connect: connectNats,
    store: (client, bucket) => natsStore(client, { bucket }),
  }),
]
