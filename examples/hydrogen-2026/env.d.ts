/// <reference types="vite/client" />
/// <reference types="react-router" />
/// <reference types="@shopify/oxygen-workers-types" />
/// <reference types="@shopify/hydrogen/react-router-types" />

import '@total-typescript/ts-reset'

declare global {
  const process: { env: { NODE_ENV: 'production' | 'development' } }
}

declare module 'react-router' {
  interface SessionData {
    user: string
    message: string
    visits: number
    [key: `k${number}`]: number
  }
}
