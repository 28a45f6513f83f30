// What is used of Next's own modules. The application installs Next, and its bundler finds them.

declare module 'next/headers.js' {
  interface Cookies {
    getAll(): { readonly name: string; readonly value: string }[]
    set(name: string, value: string, attributes: object): unknown
    delete(name: string): unknown
  }
  export function cookies(): Promise<Cookies>
  export function headers(): Promise<{ get(name: string): string | null; keys(): Iterable<string> }>
}

declare module 'next/server.js' {
  export const NextResponse: { next(init?: { readonly request: { readonly headers: object } }): Response }
}
