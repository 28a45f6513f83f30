/** A cookie that somebody wants to know about. */
export interface Given {
  /** '' where only a value was given. */
  readonly name: string
  readonly value: string
}

const ATTRIBUTES = /^(path|domain|max-age|expires|samesite|secure|httponly|partitioned|priority)$/i

/** The cookies of a Cookie header, of a Set-Cookie line, of `name=value`, or one value by itself. */
export function cookiesIn(text: string): Given[] {
  const line = text.trim().replace(/^(set-)?cookie:\s*/i, '')
  return line
    .split(/;\s*|\n/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [, name = '', value = ''] = /^([\w!#$%&'*+.^`|~-]+)=(?!=*$)(.*)$/.exec(part) ?? ['', '', part]
      return { name, value }
    })
    .filter(({ name, value }, at) => at === 0 || !ATTRIBUTES.test(name || value))
}
