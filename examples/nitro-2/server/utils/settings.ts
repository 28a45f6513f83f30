const { baseURL } = useRuntimeConfig().app

/** What comes before all paths, such as `/nitro`. */
export const base = baseURL.replace(/\/$/, '')

/** What a session holds. */
export interface Shop {
  visits: number
  cart: string[]
  language: string
  user: string
  /** Shown once. */
  message: string
  error: string
}
