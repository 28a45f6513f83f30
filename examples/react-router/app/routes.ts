import { index, type RouteConfig, route } from '@react-router/dev/routes'

export default [
  index('routes/home.tsx'),
  route('cart', 'routes/cart.ts'),
  route('language', 'routes/language.ts'),
  route('login', 'routes/login.tsx'),
  route('logout', 'routes/logout.ts'),
  // What frameworks lose sessions by; for the tests.
  route('trials/late', 'trials/late.tsx'),
  route('trials/fails', 'trials/fails.ts'),
  route('trials/parent', 'trials/parent.tsx', [route('child', 'trials/child.tsx')]),
] satisfies RouteConfig
