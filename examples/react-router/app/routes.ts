import { index, type RouteConfig, route } from '@react-router/dev/routes'

export default [
  index('routes/home.tsx'),
  route('cart', 'routes/cart.ts'),
  route('language', 'routes/language.ts'),
  route('login', 'routes/login.tsx'),
  route('logout', 'routes/logout.ts'),
] satisfies RouteConfig
