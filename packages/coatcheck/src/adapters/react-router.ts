export {
  type ContextKey,
  type ContextProvider,
  type MiddlewareArguments,
  type SessionMiddleware,
  sessionMiddleware,
} from './react-router/middleware.ts'
export * from './remix.ts'
