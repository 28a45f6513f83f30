/** Calls that wait until there are two, and then all run in the async context of the second, as those of a queue do. */
let waiting: (() => void)[] = []

export function together<T>(call: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    waiting.push(() => void call().then(resolve, reject))
    if (waiting.length < 2) return
    const all = waiting
    waiting = []
    for (const each of all) each()
  })
}
