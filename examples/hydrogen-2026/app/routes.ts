import { index, type RouteConfig, route } from '@react-router/dev/routes'

export default [
  index('routes/home.tsx'),
  route('visit', 'routes/visit.ts'),
  route('login', 'routes/login.ts'),
  route('logout', 'routes/logout.ts'),
  route('account', 'routes/account.ts'),
  route('keep', 'routes/keep.ts'),
  route('fail', 'routes/fail.ts'),
] satisfies RouteConfig
