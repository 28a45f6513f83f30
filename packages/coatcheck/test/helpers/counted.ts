/** The client as it is, and how often a store has asked it for something since it was last looked at. */
export function counted<T extends object>(client: T, ...methods: string[]): { client: T; trips(): number } {
  let trips = 0
  const proxy = new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (methods.includes(String(name))) {
        return (...given: unknown[]) => {
          trips++
          return Reflect.apply(value, target, given)
        }
      }
      return value.bind(target)
    },
  })
  return {
    client: proxy,
    trips() {
      const count = trips
      trips = 0
      return count
    },
  }
}
