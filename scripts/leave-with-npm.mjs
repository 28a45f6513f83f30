// npm puts a shell between itself and what it starts, and many shells die of a signal without passing it on; the server would stay
// behind and keep its port. Imported before the program, this ends it (as SIGTERM would) when its parent is gone.
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
}, 250).unref()
