import { createContentSecurityPolicy } from '@shopify/hydrogen'
import { renderToReadableStream } from 'react-dom/server'
import { type EntryContext, ServerRouter } from 'react-router'

export default async function handleRequest(request: Request, status: number, headers: Headers, context: EntryContext) {
  const { nonce, header, NonceProvider } = createContentSecurityPolicy({})
  const body = await renderToReadableStream(
    <NonceProvider>
      <ServerRouter context={context} url={request.url} nonce={nonce} />
    </NonceProvider>,
    { nonce, signal: request.signal },
  )
  headers.set('Content-Type', 'text/html')
  headers.set('Content-Security-Policy', header)
  return new Response(body, { headers, status })
}
