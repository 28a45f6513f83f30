// The one thing here that needs a script: 32 requests at once. Each is what the "Add to cart" button of the brass tag sends.
const AT_ONCE = 32
const box = document.getElementById('burst')

if (box) {
  const button = box.querySelector('button')
  const output = box.querySelector('output')
  const { kept, lost, first, running } = box.dataset
  const form = document.querySelector('#tag form')
  button.hidden = false
  box.querySelector('.without-script').hidden = true

  const add = () => fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), redirect: 'manual' })

  /** Fetches the page again and shows what changed on it; how many articles the cart holds, and whether there is a session. */
  const look = async () => {
    const page = new DOMParser().parseFromString(await (await fetch('/')).text(), 'text/html')
    for (const id of ['cart-count', 'panel', 'tag']) document.getElementById(id).replaceWith(page.getElementById(id))
    return {
      count: Number(document.getElementById('cart-count').dataset.count),
      holdsTicket: page.getElementById('burst').dataset.ticket === 'yes',
    }
  }

  const say = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)

  let busy = false
  button.addEventListener('click', async () => {
    if (busy) return
    busy = true
    button.setAttribute('aria-disabled', 'true')
    output.textContent = running
    try {
      let before = await look()
      const alone = !before.holdsTicket
      if (alone) {
        await add()
        before = await look()
      }
      await Promise.all(Array.from({ length: AT_ONCE }, add))
      const after = await look()
      const missing = before.count + AT_ONCE - after.count
      const told = say(missing === 0 ? kept : lost, { before: before.count, after: after.count, lost: missing })
      output.textContent = alone ? `${told} ${first}` : told
    } catch (error) {
      output.textContent = String(error)
    }
    button.removeAttribute('aria-disabled')
    busy = false
  })
}
