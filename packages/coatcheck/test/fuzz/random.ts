/** Draws that follow from a seed alone: the same on every machine. */
export class Random {
  #a: number
  #b: number
  #c: number
  #count = 1

  /** sfc32 (PractRand's), begun from a name and any numbers. */
  constructor(name: string, ...numbers: readonly number[]) {
    const hash = (start: number) => {
      let sum = start
      for (const sign of [name, ...numbers].join(':')) sum = Math.imul(sum ^ sign.charCodeAt(0), 0x01000193)
      return sum | 0
    }
    this.#a = hash(0x811c9dc5)
    this.#b = hash(0x2545f491)
    this.#c = hash(0x9e3779b9)
    for (let i = 0; i < 12; i++) this.#next()
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (this.#c << 21) | (this.#c >>> 11)
    this.#c = (this.#c + sum) | 0
    return sum >>> 0
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return limit <= 0 ? 0 : this.#next() % limit
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** From 0 to `most`: small ones far more often. */
  size(most: number): number {
    return this.below(1 + this.below(1 + this.below(most + 1)))
  }

  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.#next() >>> 24
  }
}

/** What `make` makes with the system's random bytes drawn from a seed, so that tickets are the same in every run. */
export async function withSeededBytes<T>(name: string, make: () => Promise<T>): Promise<T> {
  const random = new Random(name)
  const { crypto } = globalThis
  const own = Object.getOwnPropertyDescriptor(crypto, 'getRandomValues')
  const getRandomValues = (bytes: Uint8Array) => {
    random.fill(bytes)
    return bytes
  }
  Object.defineProperty(crypto, 'getRandomValues', { value: getRandomValues, configurable: true, writable: true })
  try {
    return await make()
  } finally {
    if (own) Object.defineProperty(crypto, 'getRandomValues', own)
    else Reflect.deleteProperty(crypto, 'getRandomValues')
  }
}
