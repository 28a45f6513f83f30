import { unstable_cache } from 'next/cache'
import { getSession } from '../../../lib/session'

const cached = unstable_cache(async () => (await getSession()).owner ?? 'guest', ['owner'])

export const dynamic = 'force-dynamic'

export default async function Cached() {
  const said = await cached().catch((error: Error) => error.message)
  return <p id="said">{said}</p>
}
