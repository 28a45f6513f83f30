/** The part of a request of node:http, Express or Connect that is used here, and what is added to it. */
export interface Http {
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly url?: string | undefined
  readonly originalUrl?: string
  readonly socket?: { readonly encrypted?: boolean }
  readonly connection?: { readonly encrypted?: boolean }
  readonly secure?: boolean
  /** That of cookie-parser. */
  readonly secret?: string
  session?: unknown
  sessionID?: string
  sessionStore?: unknown
}

export type Done = (error?: unknown) => void
