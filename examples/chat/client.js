const form = document.getElementById('say')
const lines = document.getElementById('lines')
const state = document.getElementById('state')

const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/`)
const show = (text) => lines.append(Object.assign(document.createElement('li'), { textContent: text }))

socket.addEventListener('open', () => {
  state.textContent = 'connected'
})
socket.addEventListener('message', ({ data }) => show(data))
socket.addEventListener('close', ({ code }) => {
  state.textContent = code === 4401 ? 'signed out' : 'not connected'
  form.querySelector('button').disabled = true
})
form.addEventListener('submit', (event) => {
  event.preventDefault()
  socket.send(new FormData(form).get('text'))
  form.reset()
})
