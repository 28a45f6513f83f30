/**
 * Seeded faults: apps that are each broken in one way, and who names what is wrong. A fault may be named by both. Each row with `explain` has an
 * app of its name in explained.ts, and each with `doctor` one in doctored.ts; tests serve it over HTTP on loopback.
 */
export interface Fault {
  /** What is broken, as a reader would say it. */
  readonly broken: string
  /** The code of `sessions.explain(request)`. */
  readonly explain?: string
  /** The code of `coatcheck doctor`. */
  readonly doctor?: string
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  'secure cookie over http': { broken: 'A cookie with Secure is served over plain http.', explain: 'secure-over-http' },
}

/** The names of the faults that this one names. */
export const seenBy = (who: 'explain' | 'doctor'): string[] =>
  Object.entries(FAULTS).flatMap(([name, fault]) => (fault[who] === undefined ? [] : [name]))
