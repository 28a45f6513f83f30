/** The part of a request of node:http, Express or Connect that is used here, and what is added to it. */
export interface Http {
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly originalUrl?: string
  readonly socket?: object
  readonly connection?: object
  readonly secure?: boolean
  /** That of cookie-parser. */
  readonly secret?: string | undefined
  session?: unknown
  sessionID?: string
  sessionStore?: unknown
}

export type Done = (error?: unknown) => void
