/** What went wrong, and what the user does about it. */
export class Problem extends Error {
  readonly fix: string

  constructor(message: string, fix: string) {
    super(message)
    this.name = 'Problem'
    this.fix = fix
  }
}
