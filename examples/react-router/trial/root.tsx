import type { ReactNode } from 'react'
import { data, type LoaderFunctionArgs, Outlet, Scripts, useLoaderData } from 'react-router'
import { authMiddleware, getAuth } from './utils/auth.server'
import { getTheme } from './utils/theme.server'
import { takeToast } from './utils/toast.server'

export const middleware = [authMiddleware]

export async function loader({ request, context }: LoaderFunctionArgs) {
  const [theme, taken] = [await getTheme(request), await takeToast(request)]
  const user = getAuth(context).get('userId') ?? 'guest'
  return data({ user, theme, toast: taken?.toast }, { headers: taken?.headers })
}

export function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <title>Notes</title>
      </head>
      <body>
        {children}
        <Scripts />
      </body>
    </html>
  )
}

export default function App() {
  const { user, theme, toast } = useLoaderData<typeof loader>()
  return (
    <>
      <output id="user">{user}</output>
      <output id="theme">{theme}</output>
      {toast && <output id="toast">{toast}</output>}
      <Outlet />
    </>
  )
}
