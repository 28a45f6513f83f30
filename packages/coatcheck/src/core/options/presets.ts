/** Both timeouts, in seconds, as NIST SP 800-63B-4 limits them for one authentication assurance level, and what counts as fresh. */
export interface Timeouts {
  readonly idleTimeout: number
  readonly absoluteTimeout: number
  /** This library's own: NIST names none. */
  readonly freshFor: number
}

/** AAL1: 30 days overall; the idle limit is this library's own, as NIST names none. */
export const aal1: Timeouts = { idleTimeout: 7 * 86_400, absoluteTimeout: 30 * 86_400, freshFor: 3600 }

/** AAL2: one hour of inactivity, 24 hours overall. */
export const aal2: Timeouts = { idleTimeout: 3600, absoluteTimeout: 86_400, freshFor: 900 }

/** AAL3: 15 minutes of inactivity, 12 hours overall. */
export const aal3: Timeouts = { idleTimeout: 900, absoluteTimeout: 12 * 3600, freshFor: 300 }
