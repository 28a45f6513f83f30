import { type NodeResponse, takeBack } from './node-response.ts'

/** Answers a request that failed where no framework does, and tells of it. */
export function refuse(res: NodeResponse, error: unknown): void {
  console.error('coatcheck: the request failed.', error)
  if (res.writableEnded) return // the answer is complete, or will be when it is saved
  if (res.headersSent) return void res.destroy()
  takeBack(res)
  res.setHeader('content-type', 'text/plain; charset=utf-8')
  ;(res as { end(body: string): unknown }).end('Internal Server Error')
}
