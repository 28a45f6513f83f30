declare global {
  namespace App {
    interface Locals {
      session: ReturnType<typeof import('./sessions.ts').sessions.open>
    }
  }
}

export {}
