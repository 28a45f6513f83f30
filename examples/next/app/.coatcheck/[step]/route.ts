import { deviceBoundResponse } from 'coatcheck/device-bound'
import { sessions } from '../../trial/edge/sessions'

export const runtime = 'edge'

/** For an application without a proxy. */
export const POST = (request: Request) => deviceBoundResponse(sessions, request)
