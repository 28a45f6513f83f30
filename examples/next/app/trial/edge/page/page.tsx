import { getSession } from '../sessions'

export const runtime = 'edge'

export default async function EdgePage() {
  const session = await getSession()
  try {
    session.set('n', 100)
    return <p id="said">set</p>
  } catch (error) {
    return <p id="said">{String(error)}</p>
  }
}
