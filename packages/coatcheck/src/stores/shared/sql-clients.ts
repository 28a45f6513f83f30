/** A database of Drizzle, which has the client that it was made with. */
export interface Drizzle<Client> {
  readonly $client: Client
}

/** An instance of Knex, whose pool lends the connections of the driver below it. */
export interface Knex {
  readonly client: {
    acquireConnection(): Promise<unknown>
    releaseConnection(connection: unknown): Promise<unknown>
  }
  readonly isTransaction?: boolean | undefined
  raw: unknown
}

/** What a query builder was made with, or what was given. */
export function clientBehind(given: unknown): unknown {
  return Object(given).$client ?? given
}

/** Whether it is Knex, and no transaction of it. */
export function isKnex(given: unknown): given is Knex {
  const { client, isTransaction } = Object(given) as Partial<Knex>
  const { acquireConnection, releaseConnection } = Object(client) as Partial<Knex['client']>
  return [acquireConnection, releaseConnection].every((method) => typeof method === 'function') && isTransaction !== true
}

/** Does this on a connection of Knex's pool, which nobody else has meanwhile. */
export async function onConnection<T>({ client }: Knex, work: (connection: unknown) => Promise<T>): Promise<T> {
  const connection = await client.acquireConnection()
  try {
    return await work(connection)
  } finally {
    await client.releaseConnection(connection)
  }
}
