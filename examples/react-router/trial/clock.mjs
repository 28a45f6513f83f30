// Loaded before the server (`node --import`): its time can be put forward.
const RealDate = Date
let ahead = 0

globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length > 0 ? given : [RealDate.now() + ahead]))
  }
  static now() {
    return RealDate.now() + ahead
  }
}
globalThis.passTime = (seconds) => {
  ahead += seconds * 1000
}
