declare namespace App {
  interface SessionData {
    name: string
    late: number
    missed: number
  }
}
