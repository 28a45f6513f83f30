import { type MoveProgress, type MoveReport, type MovingOptions, moveStore, recordsIn } from '../../stores/wrapping/moving.ts'
import type { Terminal } from '../terminal.ts'

/** What became of the records of one store. */
export interface MoveAnswer extends Partial<Omit<MoveReport, 'isDone'>> {
  readonly step: MovingOptions['step']
  readonly isDone: boolean
  readonly inFrom: number
  readonly inTo: number
}

export interface MoveCall {
  readonly isDry: boolean
  readonly concurrency: number
  readonly signal: AbortSignal
  readonly progress: Terminal['progress']
}

/** Moves where the step says so, and counts in any case. */
export async function moved(
  { from, to, step }: MovingOptions,
  { isDry, concurrency, signal, progress }: MoveCall,
): Promise<MoveAnswer> {
  if (isDry || step === 'prepare') {
    const [inFrom, inTo] = await Promise.all([recordsIn(from), recordsIn(to)])
    return { step, isDone: false, inFrom, inTo }
  }
  const began = performance.now()
  const onProgress = progress && ((now: MoveProgress) => progress(progressText(now, performance.now() - began)))
  return { step, ...(await moveStore({ from, to, concurrency, signal, ...(onProgress && { onProgress }) })) }
}

export function progressText({ total, done, moved: count, pass }: MoveProgress, milliseconds: number): string {
  const perSecond = done / (milliseconds / 1000)
  const left = Math.ceil((total - done) / perSecond)
  const share = total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 100
  const soon = left > 0 && Number.isFinite(left) ? `, ${left} s left` : ''
  return `Moved: ${count} of ${total} (${share} %), ${Math.round(perSecond)} a second${soon}${pass > 1 ? `, time ${pass}` : ''}`
}

export function movedText({ step, isDone, inFrom, inTo, tooLong = [], ...counts }: MoveAnswer): string {
  const places = `In the old store are now ${inFrom} records, in the new one ${inTo}.`
  if (counts.moved === undefined) {
    const next =
      step === 'prepare'
        ? 'Nothing is moved with the step "prepare". When every process has it, deploy "move", and call this again.'
        : 'Nothing was moved: this was a dry run.'
    return `${places}\n${next}`
  }
  const { moved: count, gone = 0, expired = 0 } = counts
  const story = `Moved: ${count}. Moved or ended by the site meanwhile: ${gone}. Over, and removed: ${expired}.\n${places}`
  if (isDone)
    return `${story}\nDone. When every process has "move", deploy the new store alone, and call this once more afterwards.`
  if (tooLong.length > 0) return `${story}\nToo long for the new store, and not moved: ${tooLong.join(', ')}.`
  return `${story}\nNot done yet: call this again.`
}
