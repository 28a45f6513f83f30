import { isName } from '../shared/names.ts'
import type { Page } from '../store.ts'
import type { RedisConnection } from './client.ts'

/** Places of the server's whole table that one SCAN looks at, and how many of them one page takes at most. */
const PLACES = 1000
const MOST_SCANS = 100
/** Behind every node in the order of their names, which begin with a letter or a digit. */
const END = '~'

/**
 * One page of the keys behind `prefix`, from `after` on, which is `node cursor key key …`: SCAN gives as many as it likes, and what is
 * too much for one page is carried to the next.
 */
export async function listing(
  connection: RedisConnection,
  prefix: string,
  after: string | undefined,
  limit: number,
): Promise<Page> {
  const nodes = await connection.nodes()
  const start = connection.keyPrefix + prefix
  const pattern = `${start.replaceAll(/[*?[\]\\]/g, '\\$&')}*`
  const [name = '', from = '0', ...carried] = after?.split(' ') ?? []
  const found = new Set(carried)
  let nth = nodes.findIndex((node) => node.name >= name)
  if (nth < 0) nth = nodes.length
  // Of a node that is gone, the next begins at its beginning.
  let cursor = nodes[nth]?.name === name ? from : '0'
  for (let scans = 0; scans < MOST_SCANS && found.size < limit; scans++) {
    const scan = await nodes[nth]?.scan(cursor, pattern, PLACES)
    if (!scan) break
    for (const key of scan.keys) {
      const each = key.startsWith(start) ? key.slice(start.length) : ''
      if (isName(each)) found.add(each)
    }
    cursor = scan.cursor
    if (cursor === '0') nth++
  }
  const keys = [...found]
  const rest = keys.slice(limit)
  const page = { keys: keys.slice(0, limit) }
  const isLast = nth >= nodes.length && rest.length === 0
  return isLast ? page : { ...page, next: [nodes[nth]?.name ?? END, cursor, ...rest].join(' ') }
}
