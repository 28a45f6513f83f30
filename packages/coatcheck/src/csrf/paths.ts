import { addressOf } from './request.ts'

/**
 * Whether a target may lead to one of these paths, or to one that begins with it. Routers read targets in ways of their own, so this says
 * yes rather too often: `/Logout`, `//logout`, `/%6Cogout;x`, `/a/../logout.data`, and what nobody can decode, count for `/logout`.
 */
export function beginsWithAny(target: string, paths: readonly string[]): boolean {
  const plain = plainPath(target)
  return plain === undefined || paths.some((path) => plain.startsWith(path))
}

/** How a path is compared that the application states. */
export const comparable = (path: string): string => path.toLowerCase()

function plainPath(target: string): string | undefined {
  const pathname = addressOf(target.startsWith('/') || target === '' ? `http://host${target}` : target)?.pathname
  if (pathname === undefined) return undefined
  const steps: string[] = []
  try {
    for (const step of decodeURIComponent(pathname).split(/[/\\]/)) {
      if (step === '..') steps.pop()
      else if (step !== '' && step !== '.') steps.push(step)
    }
  } catch {
    return undefined
  }
  return comparable(`/${steps.join('/')}`)
}
