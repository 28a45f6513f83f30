import type { ReportedHookContext, Reporter, TestCase, TestModule } from 'vitest/node'

const MINUTE = 60_000
/** Minutes after which a test that runs is named, and again after each as many. */
const NAMED = 5
/** Minutes without any test, hook or file ending after which the run is ended: ten times what the longest takes, and more. */
const STUCK = 25

/**
 * Names what runs for long, and ends a run in which nothing ends any more: a test that waits for ever would otherwise take the whole time
 * that a CI has, and no output would say which it was.
 */
export default class StuckReporter implements Reporter {
  readonly #running = new Map<string, number>()
  #lastEnd = Date.now()

  onInit(): void {
    setInterval(() => this.#look(), MINUTE).unref()
  }

  #look(): void {
    const minutesSince = (time: number): number => Math.floor((Date.now() - time) / MINUTE)
    const isStuck = minutesSince(this.#lastEnd) >= STUCK
    for (const [name, started] of this.#running) {
      const minutes = minutesSince(started)
      if (isStuck || (minutes > 0 && minutes % NAMED === 0)) console.log(`Running for ${minutes} min: ${name}`)
    }
    if (!isStuck) return
    console.log(`Nothing has ended for ${STUCK} min. The run is ended; what is named above did not end.`)
    process.exit(1)
  }

  #start(name: string): void {
    this.#running.set(name, Date.now())
  }

  #end(name: string): void {
    this.#running.delete(name)
    this.#lastEnd = Date.now()
  }

  onTestModuleStart(module: TestModule): void {
    this.#start(module.relativeModuleId)
  }

  onTestModuleEnd(module: TestModule): void {
    this.#end(module.relativeModuleId)
  }

  onTestCaseReady(test: TestCase): void {
    this.#start(nameOf(test))
  }

  onTestCaseResult(test: TestCase): void {
    this.#end(nameOf(test))
  }

  onHookStart(hook: ReportedHookContext): void {
    this.#start(`${hook.name} of ${nameOf(hook.entity)}`)
  }

  onHookEnd(hook: ReportedHookContext): void {
    this.#end(`${hook.name} of ${nameOf(hook.entity)}`)
  }
}

function nameOf(entity: ReportedHookContext['entity']): string {
  return entity.type === 'module' ? entity.relativeModuleId : `${entity.module.relativeModuleId} > ${entity.fullName}`
}
