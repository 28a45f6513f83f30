import { createApp } from 'astro/app/entrypoint'
import { setGetEnv } from 'astro/env/setup'

setGetEnv((key) => process.env[key])
/** The application itself, for who calls it without a server. */
export const app = createApp()
