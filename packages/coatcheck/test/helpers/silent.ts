import { connect } from 'node:net'

/**
 * Waits until the server at `url` does not even answer `words` on a fresh connection. A signal to stop takes effect a moment after it
 * was sent, and a server of several threads answers meanwhile.
 */
export async function silent(url: string, words: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const answers = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(words))
      const timer = setTimeout(() => over(false), 200)
      const over = (heard: boolean): void => {
        clearTimeout(timer)
        socket.destroy()
        resolve(heard)
      }
      socket.once('data', () => over(true))
      socket.once('error', reject)
    })
  while (await answers());
}
