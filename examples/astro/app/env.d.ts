declare namespace App {
  interface SessionData {
    user: string
    since: Date
    cart: string[]
  }
}
