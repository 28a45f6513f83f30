import { getSession } from '../../../lib/session'

export default async function Broken() {
  const session = await getSession()
  session.set('language', 'broken')
  throw new Error('the page failed')
}
