export interface Verdict {
  readonly result: 'pass' | 'fail' | 'cannot tell'
  readonly why: string
}

export const pass = (why: string): Verdict => ({ result: 'pass', why })
export const fail = (why: string): Verdict => ({ result: 'fail', why })
export const unknown = (why: string): Verdict => ({ result: 'cannot tell', why })
export const judged = (isRight: boolean, right: string, wrong: string): Verdict => (isRight ? pass(right) : fail(wrong))

/** By the number of the row. */
export type Verdicts = Readonly<Record<string, Verdict>>
