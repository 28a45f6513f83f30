declare namespace App {
  interface SessionData {
    user: string
    since: { at: Date }
    cart: string[]
  }
}
