/**
 * The live part of the timeline. It builds rows from texts, never from HTML; what was missed while the connection was away comes when it is back, as far
 * as the server still has it.
 */
export const SCRIPT = `
const body = document.getElementById('timeline')
const status = document.getElementById('live')
const button = document.getElementById('pause')
const MOST = 200
let waiting = []
let paused = false

const cell = (content, name) => {
  const made = document.createElement('td')
  if (name) made.className = name
  made.append(content)
  return made
}
const linked = (query, text) => {
  const made = document.createElement('a')
  made.href = query
  made.className = 'mono'
  made.textContent = text
  return made
}
const row = (line) => {
  const made = document.createElement('tr')
  const time = document.createElement('time')
  time.dateTime = line.iso
  time.textContent = line.time
  const type = document.createElement('span')
  type.textContent = line.type
  if (line.isBad) type.className = 'tag bad'
  made.append(cell(time), cell(type, 'still'), cell(line.facts),
    cell(line.handle ? linked('?session=' + line.handle, line.handle.slice(0, 10) + '…') : ''),
    cell(line.owner ? linked('?owner=' + line.owner, line.owner.slice(0, 10) + '…') : '', 'wide'),
    cell(line.request || '', 'wide'))
  return made
}
const say = (text) => { status.textContent = text }
const show = () => {
  for (const line of waiting) body.prepend(row(line))
  waiting = []
  while (body.rows.length > MOST) body.deleteRow(-1)
  document.getElementById('none')?.remove()
}

const source = new EventSource(body.dataset.stream)
source.addEventListener('open', () => say(paused ? 'Paused.' : 'Live.'))
source.addEventListener('error', () => say(source.readyState === EventSource.CLOSED ? 'The server refuses to go on. Load the page again.' : 'The connection is away. It comes back by itself.'))
source.addEventListener('message', (event) => {
  waiting.push(JSON.parse(event.data))
  if (waiting.length > MOST) waiting.shift()
  if (!paused) show()
  else button.textContent = 'Go on (' + waiting.length + (waiting.length === MOST ? ' or more' : '') + ' new)'
})
source.addEventListener('missed', (event) => say(event.data + ' events were missed: this process has forgotten them.'))
button.hidden = false
document.getElementById('reload').remove()
button.addEventListener('click', () => {
  paused = !paused
  if (!paused) show()
  button.textContent = paused ? 'Go on' : 'Pause'
  say(paused ? 'Paused.' : 'Live.')
})
addEventListener('pagehide', () => source.close())
`
