import type { Listener, Listening } from '../store.ts'

/** Whoever listens in this process, where what tells is in it, or one channel serves all. */
export class Listeners {
  readonly #all = new Set<Listener>()

  add(listener: Listener): Listening {
    const own: Listener = { told: (key) => listener.told(key), lost: (error) => listener.lost(error) }
    this.#all.add(own)
    return {
      ping: async () => {},
      stop: async () => void this.#all.delete(own),
    }
  }

  tell(key: string): void {
    for (const { told } of this.#all) told(key)
  }
}
