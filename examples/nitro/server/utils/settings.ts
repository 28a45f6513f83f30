import { useRuntimeConfig } from 'nitro/runtime-config'

const { baseURL } = useRuntimeConfig().app as { baseURL: string }

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
