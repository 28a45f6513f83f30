import { createJar, type Jar } from '../../src/testing/jar.ts'

/** Asks a server for a path, with the cookies that it gave before; follows nothing. */
export interface Browser {
  (path: string, init?: RequestInit): Promise<Response>
  readonly cookies: readonly string[]
}

export const browser = (base: string, jar: Jar = createJar()): Browser =>
  Object.defineProperty(
    async (path: string, init: RequestInit = {}) => {
      const cookie = jar.header(base + path)
      const headers = { ...(init.headers as Record<string, string>), ...(cookie && { cookie }) }
      const response = await fetch(base + path, { redirect: 'manual', ...init, headers })
      for (const line of response.headers.getSetCookie()) jar.set(line, base + path)
      return response
    },
    'cookies',
    { get: () => jar.all().map(({ name, value }) => `${name}=${value}`) },
  ) as Browser
