import { getSession } from '../sessions'

export default async function Home() {
  const session = await getSession()
  return <p id="n">{session.get('n') ?? 0}</p>
}
