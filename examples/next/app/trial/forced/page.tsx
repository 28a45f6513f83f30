import { getSession } from '../../../lib/session'

export const dynamic = 'force-static'

export default async function Forced() {
  const said = await getSession().then(
    () => 'opened',
    (error: Error) => error.message,
  )
  return <p id="said">{said}</p>
}
