declare namespace App {
  interface SessionData {
    visits: number
    cart: string[]
    language: 'en' | 'de' | 'fr'
    user: string
    lastVisit: Date
  }
}
