/**
 * Seeded faults: apps that are each broken in one way, and who names what is wrong. `explain`: the code of `sessions.explain(request)`;
 * `doctor`: the code of `coatcheck doctor`. A fault may have both. Each row with `explain` has an app of its name in explained/, and each with
 * `doctor` one in doctored/; tests serve it over HTTP on loopback.
 */
export interface Fault {
  /** What is broken, as a reader would say it. */
  readonly broken: string
  readonly explain?: string
  readonly doctor?: string
}

export const FAULTS = {
  'secure-over-http': { broken: 'A cookie with Secure is served over plain http.', explain: 'secure-over-http' },
} as const satisfies Readonly<Record<string, Fault>>

export type FaultName = keyof typeof FAULTS

/** The faults that this one names. */
export type SeenBy<Who extends 'explain' | 'doctor'> = {
  [Name in FaultName]: (typeof FAULTS)[Name] extends Readonly<Record<Who, string>> ? Name : never
}[FaultName]
