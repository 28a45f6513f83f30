import { type ActionFunctionArgs, redirect } from 'react-router'
import { authStorage, getAuth } from '../utils/auth.server'

export async function action({ context }: ActionFunctionArgs) {
  const session = getAuth(context)
  const headers = { 'set-cookie': await authStorage.destroySession(session) }
  // The middleware is not to commit what has ended.
  session.unset('userId')
  throw redirect('/', { headers })
}
