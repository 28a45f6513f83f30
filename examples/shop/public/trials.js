// The three buttons of the first page: each sends the same requests to both sides, one side after the other, and shows what came out.
const AT_ONCE = 32
const list = document.getElementById('trials')

if (list) {
  const words = JSON.parse(list.dataset.words)
  const sides = ['here', 'express-session']
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)

  /** A browser that has just signed in at this side. `id` tells the server which trial a request belongs to. */
  const visit = async (side) => {
    const id = `${side} ${Date.now()} ${Math.random()}`
    const send = async (path, method = 'POST', options = {}) => {
      const headers = { 'x-trial': id, ...options.headers }
      const answer = await fetch(`/try/${side}/${path}`, { method, ...options, headers })
      if (!answer.ok) throw new Error(`${method} /try/${side}/${path}: ${answer.status}`)
      return answer
    }
    const who = async (options) => (await send('who', 'GET', options)).json()
    const gate = (method) => fetch(`/try/gate?id=${encodeURIComponent(id)}`, { method })
    await send('sign-in')
    return {
      id,
      send,
      who,
      /** Whom an old cookie opens a session of, in a browser that has no other. */
      whoWith: (cookie) => who({ credentials: 'omit', headers: { 'x-old-cookie': cookie } }),
      copy: async () => (await send('copy', 'GET')).text(),
      /** A request that has read its session, and goes on when `end` is called. */
      slow: async () => {
        const answered = send('slow')
        await Promise.race([gate('GET'), answered])
        return async () => {
          await gate('POST')
          await answered
        }
      },
    }
  }

  const trials = {
    async rush(browser) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => browser.send(`add?tag=${at}`)))
      const { tags } = await browser.who()
      return { held: tags === AT_ONCE, text: fill(words.tryKept, { kept: tags, all: AT_ONCE }) }
    },
    async late(browser) {
      const end = await browser.slow()
      await browser.send('sign-out')
      await end()
      const { user } = await browser.who()
      return { held: user === null, text: user === null ? words.tryOut : words.tryIn }
    },
    async replay(browser) {
      const cookie = await browser.copy()
      const end = await browser.slow()
      await browser.send('sign-out')
      const early = await browser.whoWith(cookie)
      await end()
      const later = await browser.whoWith(cookie)
      const opened = [early, later].map(({ user }) => (user === null ? 'No' : 'Yes')).join('')
      return { held: opened === 'NoNo', text: words[`tryOpened${opened}`] }
    },
  }

  const verdictOn = ([here, rival]) => {
    if (here === rival) return here ? words.tryBoth : words.tryNeither
    return here ? words.tryHere : words.tryRival
  }

  /** The ticket of the page, drawn anew from what the trial did. */
  const showTicket = async (id) => {
    const panel = document.getElementById('panel')
    const answer = await fetch(`/try/here/ticket?language=${document.documentElement.lang}`, { headers: { 'x-trial': id } })
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('panel')
    const details = fresh.querySelector('details')
    if (details) details.open = panel.querySelector('details')?.open ?? false
    panel.replaceWith(fresh)
  }

  const run = async (row) => {
    const verdict = row.querySelector('.verdict')
    const answers = sides.map((side) => row.querySelector(`[data-side="${side}"]`))
    const show = (answer, state, text) => {
      answer.dataset.state = state
      answer.querySelector('dd').textContent = text
    }
    verdict.replaceChildren()
    for (const answer of answers) show(answer, 'idle', words.tryIdle)
    const results = []
    for (const [at, side] of sides.entries()) {
      show(answers[at], 'running', words.tryRunning)
      try {
        const browser = await visit(side)
        const { held, text } = await trials[row.dataset.trial](browser)
        results.push(held)
        show(answers[at], held ? 'held' : 'failed', text)
        if (side === 'here') await showTicket(browser.id)
      } catch (error) {
        show(answers[at], 'failed', words.tryBroke)
        verdict.textContent = String(error)
        return
      }
    }
    // Those who do not see the two fields hear them.
    const heard = document.createElement('span')
    heard.className = 'unseen'
    heard.textContent = answers
      .map((answer) => `${answer.querySelector('dt').textContent}: ${answer.querySelector('dd').textContent}. `)
      .join('')
    verdict.append(heard, verdictOn(results))
  }

  const buttons = [...list.querySelectorAll('button')]
  let busy = false
  for (const button of buttons) {
    button.disabled = false
    button.addEventListener('click', async () => {
      if (busy) return
      busy = true
      for (const each of buttons) each.setAttribute('aria-disabled', 'true')
      await run(button.closest('li'))
      for (const each of buttons) each.removeAttribute('aria-disabled')
      busy = false
    })
  }
}
