import { type ActionFunctionArgs, redirect } from 'react-router'
import { type Theme, themeCookie } from '../utils/theme.server'

export async function action({ request }: ActionFunctionArgs) {
  const theme = (await request.formData()).get('theme') as Theme
  return redirect('/', { headers: { 'set-cookie': await themeCookie.serialize(theme) } })
}
