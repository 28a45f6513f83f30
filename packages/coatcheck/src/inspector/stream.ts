import { isoOf, utc } from './format.ts'
import { BAD, type Line } from './recording/line.ts'
import type { EventLog } from './recording/log.ts'

/** So many streams are open at once; further ones are refused. */
export const MOST_STREAMS = 16
/** Milliseconds. Then a stream ends: the browser comes back by itself, and is asked again whether it may. */
const LONGEST = 300_000
/** Lines in one piece. */
const AT_ONCE = 100

export interface StreamOptions {
  /** The line that the reader has already: `name-number` of the log. One of another process counts as none. */
  readonly from: string | undefined
  readonly isWanted: (line: Line) => boolean
  readonly done: () => void
}

/**
 * What comes, as server-sent events (HTML 9.2). Nothing is kept for a reader but its place: one that does not read is given later what is still there,
 * and told how much it missed.
 */
export function streamOf(log: EventLog, { from, isWanted, done }: StreamOptions): ReadableStream<Uint8Array> {
  const [, name, number] = /^(.+)-(\d{1,15})$/.exec(from ?? '') ?? []
  let place = name === log.name ? Math.min(Number(number), log.count) : 0
  let isOver = false
  let stop = (): void => {}
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = (): void => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    stop()
    done()
  }
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        timer = setTimeout(end, LONGEST)
        // Of Node alone: a process does not go on for it.
        ;(timer as { readonly unref?: () => void }).unref?.()
        controller.enqueue(encoder.encode('retry: 2000\n\n'))
      },
      async pull(controller) {
        while (!isOver) {
          const { lines, missed } = log.after(place, AT_ONCE)
          const last = lines.at(-1)
          place = last?.number ?? place
          const wanted = lines.filter(isWanted)
          const text = `${missed > 0 ? `event: missed\ndata: ${missed}\n\n` : ''}${wanted.map((line) => eventOf(line, log.name)).join('')}`
          if (text !== '') return controller.enqueue(encoder.encode(text))
          if (last) continue
          const [come, leave] = log.more()
          stop = leave
          await come
        }
        controller.close()
      },
      cancel: end,
    },
    { highWaterMark: 1 },
  )
}

/** One event. Its data is one line: JSON escapes line breaks. */
function eventOf({ number, at, type, facts, handle, owner, request }: Line, name: string): string {
  const data = JSON.stringify({ iso: isoOf(at), time: utc(at), type, isBad: BAD.has(type), facts, handle, owner, request })
  return `id: ${name}-${number}\ndata: ${data}\n\n`
}
