// Loads the five frames, notices which of them changed the session, says so in the strip, and loads the other four again.
const frames = [...document.querySelectorAll('iframe')]
const byId = (id) => document.getElementById(id)
const FACTS = ['user', 'cart', 'language']
/** So many fit into the strip. */
const LINES = 5
const style = (await Promise.all(['/look.css', '/frame.css'].map(async (path) => (await fetch(path)).text()))).join('')

/** What a frame shows of the session, or undefined while it is at some other page. */
function shownIn(frame) {
  const page = frame.contentDocument
  if (!page?.getElementById('user')) return undefined
  return JSON.stringify(FACTS.map((id) => page.getElementById(id)?.textContent.trim()))
}

/** Gives the pages in the frames the look of this one, without a change of their elements: their scripts may know what they made. */
function dress() {
  for (const { contentWindow, contentDocument } of frames) {
    if (!contentDocument?.body || contentDocument.adoptedStyleSheets.length > 0) continue
    const sheet = new contentWindow.CSSStyleSheet()
    sheet.replaceSync(style)
    contentDocument.adoptedStyleSheets = [sheet]
  }
  requestAnimationFrame(dress)
}

async function load(frame) {
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  frame.src = frame.dataset.src
  await loaded
  atLoad.set(frame, shownIn(frame))
}

function difference(before, after) {
  const [[userBefore, cartBefore, languageBefore], [user, cart, language]] = [before, after].map((text) => JSON.parse(text))
  if (user === 'guest' && userBefore !== user) return `signed ${userBefore} out`
  const did = []
  if (userBefore !== user) did.push(`signed ${user} in`)
  if (cartBefore !== cart) did.push(`added to the cart, now ${cart}`)
  if (languageBefore !== language) did.push(`chose the language ${language}`)
  return did.join(', ')
}

function showNow() {
  const facts = JSON.parse(now)
  for (const [at, id] of FACTS.entries()) byId(`now-${id}`).textContent = facts[at]
}

/** A line in the strip; what it returns says how many frames show the change. */
function note(who, did) {
  byId('nothing').hidden = true
  const [line, name, seen] = ['li', 'b', 'small'].map((tag) => document.createElement(tag))
  name.textContent = who
  line.append(name, ` ${did}`, seen)
  const log = byId('log')
  log.append(line)
  if (log.children.length > LINES) log.firstElementChild.remove()
  return (count) => {
    seen.textContent = count === frames.length ? '✓ all five show it' : `${count} of ${frames.length} show it`
  }
}

/** What each frame showed when this page had loaded it: what it shows later, somebody did in it. */
const atLoad = new Map()
dress()
// One after the other: the first gives a new guest the ticket that the others then see.
for (const frame of frames) await load(frame)
let now = shownIn(frames[0])
showNow()
// Whoever comes back to this page may have been at one of the five in another window.
let cameBack = false
document.addEventListener('visibilitychange', () => {
  cameBack = document.visibilityState === 'visible'
})
for (;;) {
  if (cameBack) await load(frames[0])
  cameBack = false
  const changed = frames.find((frame) => ![undefined, now].includes(shownIn(frame)))
  if (changed) {
    const [before, isOwn] = [now, shownIn(changed) !== atLoad.get(changed)]
    now = shownIn(changed)
    for (const frame of frames) frame.closest('section').toggleAttribute('data-acted', isOwn && frame === changed)
    const seenBy = note(isOwn ? changed.title : 'Another window', difference(before, now))
    showNow()
    atLoad.set(changed, now)
    for (const frame of frames) {
      if (frame !== changed) await load(frame)
      seenBy(frames.filter((each) => shownIn(each) === now).length)
    }
  }
  await new Promise((wait) => setTimeout(wait, 200))
}
