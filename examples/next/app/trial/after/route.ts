import { after } from 'next/server'
import { getSession } from '../../../lib/session'

export async function POST() {
  await getSession()
  after(async () => {
    const session = await getSession()
    try {
      session.set('language', 'after')
      console.log('after: changed')
    } catch (error) {
      console.log(`after: ${error}`)
    }
  })
  return Response.json(null)
}
