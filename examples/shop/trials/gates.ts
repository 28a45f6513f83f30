/** After this many milliseconds a gate opens by itself: nobody waits for a page that was closed. */
const LONGEST = 30_000

interface Gate {
  readonly arrived: PromiseWithResolvers<void>
  readonly opened: PromiseWithResolvers<void>
}

/**
 * Where slow requests wait until the page opens the gate, and where the page learns that one has arrived: what comes first is decided by
 * the page, and not by luck.
 */
export class Gates {
  readonly #gates = new Map<string, Gate>()

  /** For the slow request. */
  async pass(id: string): Promise<void> {
    const { arrived, opened } = this.#gate(id)
    arrived.resolve()
    await opened.promise
  }

  async arrival(id: string): Promise<void> {
    await this.#gate(id).arrived.promise
  }

  open(id: string): void {
    this.#gate(id).opened.resolve()
  }

  #gate(id: string): Gate {
    const known = this.#gates.get(id)
    if (known) return known
    const gate = { arrived: Promise.withResolvers<void>(), opened: Promise.withResolvers<void>() }
    this.#gates.set(id, gate)
    setTimeout(() => {
      this.#gates.delete(id)
      gate.arrived.resolve()
      gate.opened.resolve()
    }, LONGEST).unref()
    return gate
  }
}
