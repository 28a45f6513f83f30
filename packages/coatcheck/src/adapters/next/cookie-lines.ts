import { changeHeaders, type HeadersOut, type NodeResponse } from '../../core/adapter.ts'

/**
 * Changes the headers of a response of node:http below Next. Next has put a `setHeader` of its own on it, which gives back each cookie of
 * the proxy that anybody takes away; so the cookies are set with the one below.
 */
export function changeBelowNext(res: NodeResponse, change: (headers: HeadersOut) => void): void {
  changeHeaders(res, (headers) => {
    const before = headers.getSetCookie()
    let cookies = [...before]
    const isCookie = (name: string): boolean => name.toLowerCase() === 'set-cookie'
    change({
      ...headers,
      getSetCookie: () => cookies,
      append: (name, value) => void (isCookie(name) ? cookies.push(value) : headers.append(name, value)),
      delete(name) {
        if (isCookie(name)) cookies = []
        else headers.delete(name)
      },
    })
    if (cookies.join() === before.join()) return
    res.removeHeader('set-cookie')
    const { setHeader }: NodeResponse = Object.getPrototypeOf(res)
    if (cookies.length > 0) Reflect.apply(setHeader, res, ['set-cookie', cookies])
  })
}
