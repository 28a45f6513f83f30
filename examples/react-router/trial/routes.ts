import { index, type RouteConfig, route } from '@react-router/dev/routes'

export default [
  index('routes/home.tsx'),
  route('login', 'routes/login.tsx'),
  route('verify', 'routes/verify.ts'),
  route('logout', 'routes/logout.ts'),
  route('notes', 'routes/notes.tsx'),
  route('theme', 'routes/theme.ts'),
  // For the tests.
  route('meet', 'routes/meet.ts'),
] satisfies RouteConfig
