/** One way in which ours differs from a framework's own package. */
export interface Difference<Script> {
  readonly what: string
  readonly why: string
  /** The only kinds of sessions that show it; all without. */
  readonly only?: readonly string[]
  /** Whether a script may show it: such ones are not compared. */
  readonly meets?: (script: Script) => boolean
  /** A script that shows it, and what stands in the story that each tells. */
  readonly script?: Script
  readonly theirs?: RegExp
  readonly ours?: RegExp
  /** The title of the test that shows it instead, and its file. */
  readonly shownBy?: readonly [file: string, title: string]
}

interface Calls {
  readonly visits: readonly { readonly calls: readonly { readonly call: string; readonly key?: string }[] }[]
}

/** Whether a script takes a value away, and sets one under its key in the same request. */
export const putsBack = ({ visits }: Calls): boolean =>
  visits.some(({ calls }) =>
    calls.some(
      ({ call, key }, at) => call === 'delete' && calls.slice(at).some((each) => each.call === 'set' && each.key === key),
    ),
  )
