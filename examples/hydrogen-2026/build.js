import { build } from 'vite'

process.env.NODE_ENV = 'production'
await build({ mode: 'production', logLevel: 'warn' })
await build({ mode: 'production', logLevel: 'warn', build: { ssr: 'server.ts' } })
