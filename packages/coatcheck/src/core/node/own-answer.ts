import { ownAnswer } from '../own-answer.ts'
import { presentedBy } from '../request/incoming.ts'
import type { Core, OwnAnswer } from '../request/load.ts'
import type { NodeResponse } from './node-response.ts'

/** Of node:http's request, and of Express's, which cuts the beginning off `url` where an application is mounted. */
export interface AskedOf {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly originalUrl?: string | undefined
}

/** Answers in place of the application and calls `done`, or calls `go`: at once, where there is nothing of our own to answer. */
export function unlessOwnOnNode(
  { core }: { readonly core: Core },
  req: AskedOf & Parameters<typeof presentedBy>[0],
  res: NodeResponse,
  go: () => void,
  failed: (error: unknown) => void,
  done: () => void = () => {},
): void {
  if (!core.bound) {
    go()
    return
  }
  const { method = '', url = '', originalUrl = url } = req
  const own = ownAnswer(core, { method, url: originalUrl, presented: presentedBy(req) })
  const answered = (answer: OwnAnswer | undefined): void => {
    if (!answer) {
      go()
      return
    }
    res.statusCode = answer.status
    for (const [name, value] of answer.headers) {
      if (name === 'set-cookie') res.appendHeader(name, value)
      else res.setHeader(name, value)
    }
    Reflect.apply(res.end, res, [answer.body])
    done()
  }
  if (own) own.then(answered).catch(failed)
  else go()
}
