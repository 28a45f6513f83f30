import { createMiddleware, createStart } from '@tanstack/react-start'
import { crossSite } from 'coatcheck/csrf'
import { onFunction, onRequest } from './sessions.server'

// What pages of other sites send in a visitor's name is answered 403. Start's own guard is off as soon as there is this file.
const guard = createMiddleware().server((context) => crossSite().middleware(context, context.next))
const session = createMiddleware().server(onRequest)
const functions = createMiddleware({ type: 'function' }).server(onFunction)

export const startInstance = createStart(() => ({
  requestMiddleware: [guard, session],
  functionMiddleware: [functions],
}))
