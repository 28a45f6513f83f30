import { createRequire } from 'node:module'
import { createPool, type Pool } from 'mysql2/promise'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { freshName, whileTested } from '../../test/helpers/engines.ts'
import { startDatabase } from '../../test/stores/mysql.ts'
import { tellExpressStore } from '../../test/trials/express-stores.ts'
import session from '../adapters/middleware/express-session.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type ExpressStoreLike, expressStore } from './wrapping/express-session.ts'

// express-mysql-session 3 extends the `Store` of what it is given: ours.
type Make = (given: typeof session) => new (options: object, pool: Pool) => ExpressStoreLike & { onReady(): Promise<void> }
const MySQLStore = (createRequire(import.meta.url)('express-mysql-session') as Make)(session)

const url = whileTested(startDatabase)

describe('express-mysql-session, on MariaDB', () => {
  let pool: Pool
  beforeAll(() => {
    pool = createPool(url())
  })
  afterAll(() => pool.end())
  const over = (tableName: string) => new MySQLStore({ schema: { tableName }, clearExpired: false }, pool)

  describe('within one process', () => {
    storeSuite({
      it,
      // What the suite asks of a strong store holds in one process.
      async open({ now }) {
        const backend = over(freshName())
        await backend.onReady()
        const strong = (clock = now) => ({ ...expressStore(backend, { now: clock }), consistency: 'strong' as const })
        return { store: strong(), reopen: (tools) => strong(tools?.now) }
      },
      records: 200,
    })
  })

  describe('an application of Express', () => {
    const table = freshName()
    beforeAll(() => over(table).onReady())
    tellExpressStore(() => over(table))
  })
})
