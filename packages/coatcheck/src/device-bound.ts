import { Binding, type Core, type DeviceBinding } from './core/bound/binding.ts'
import { type AnySessions, adapterOf } from './core/inside.ts'
import { checked, DAY, flag, type Row, refuseUnknown, seconds } from './core/options/checks.ts'
import type { BoundSettings, DeviceBound, DeviceBoundOptions } from './core/options/device-bound.ts'
import { unlessOwn } from './core/own-answer.ts'
import { bad } from './errors.ts'
import type { WebRequest, WebResponse } from './web.ts'

export { type Device, deviceOf } from './core/bound/device.ts'
export type { DeviceBound, DeviceBoundOptions } from './core/options/device-bound.ts'

const texts = (form: RegExp, fix: string): Row<readonly string[]> => ({
  ordinary: [],
  check: (value) => (Array.isArray(value) && value.every((each) => form.test(String(each))) ? undefined : fix),
})

export const DEVICE_BOUND: { readonly [Name in keyof DeviceBoundOptions]-?: Row } = {
  path: {
    ordinary: '/.coatcheck',
    check: (value) =>
      /^(\/[\w.~-]+)+$/.test(String(value)) ? undefined : 'Give a path such as `/.coatcheck`, without a slash at its end.',
  },
  maxAge: seconds(300, DAY, undefined, 180),
  firstMaxAge: seconds(10, DAY, 'maxAge'),
  grace: seconds(60, DAY, undefined, 0),
  exclude: texts(/^\/[!-~]*$/, 'Give a list of paths such as `/static`.'),
  initiators: texts(/^[\w.*-]+$/, 'Give a list of hosts such as `app.example`.'),
  required: flag(false),
}

/** For `deviceBound` of `createSessions`: binds sessions to the device, where browsers can. Throws `BAD_OPTIONS`. */
export function deviceBound(options: DeviceBoundOptions = {}): DeviceBound {
  refuseUnknown('deviceBound.', options, DEVICE_BOUND)
  const settings = checked('deviceBound.', options, DEVICE_BOUND) as BoundSettings
  if (settings.firstMaxAge > settings.maxAge) throw bad('deviceBound.firstMaxAge', 'is longer than `maxAge`', 'Make it shorter.')
  return { settings, bind: (core: Core): DeviceBinding => new Binding(core) }
}

/**
 * Answers a registration or a refresh by hand, in a route for `POST` requests to `<path>/register` and `<path>/refresh`: where no adapter sees them
 * before the routes do, as in Next without a proxy. Any other request is answered with 404. Throws `BAD_OPTIONS` for what `createSessions` did not make.
 */
export function deviceBoundResponse(sessions: AnySessions, request: WebRequest): Promise<WebResponse> {
  const adapter = adapterOf(sessions)
  if (!adapter.core.bound)
    throw bad('deviceBound', 'is missing', 'Give it to createSessions(): nobody is asked for a key without it.')
  const nothing = async (): Promise<WebResponse> => new Response(null, { status: 404 })
  return unlessOwn(adapter, request, nothing, (own) => own)
}
