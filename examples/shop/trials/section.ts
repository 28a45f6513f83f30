import { type Html, html, rich } from '../html.ts'
import type { Words } from '../words/index.ts'
import { rivalName } from './express-session.ts'
import { sources } from './index.ts'

const REPOSITORY = 'https://github.com/coatcheck/coatcheck'
/** How the four lines begin, in the file that they are read from. */
const LINES = ['const sessions = ', 'here.use(', 'const session = ', 'session.set(']

const rival = html`<span class="whole">${rivalName}</span>`

/** Name, promise, and three buttons, each with room for what came out on both sides. */
export function trialsSection(words: Words, language: string): Html {
  const said = Object.fromEntries(Object.entries(words).filter(([name]) => name.startsWith('try')))
  return html`
    <h1 class="name">Coatcheck</h1>
    <p class="promise">${words.promise}</p>
    <p class="lead">${rich(words.tryLead, { rival })}</p>
    <ul class="trials" id="trials" data-words="${JSON.stringify(said)}">
      ${trial(words, 'rush', words.tryRush, words.tryRushAbout)}
      ${trial(words, 'late', words.tryLate, words.tryLateAbout)}
      ${trial(words, 'replay', words.tryReplay, words.tryReplayAbout)}
    </ul>
    <form method="post" action="/try/device?language=${language}"><button>${words.steal}</button> ${words.stealAbout}</form>
    <p class="without-script">${words.tryScript}</p>
    <p class="quiet small">${rich(words.tryMethod, {
      rival,
      settings: html`<a href="/try/express-session.ts">${words.trySettings}</a>`,
    })}</p>`
}

function trial(words: Words, name: string, title: string, about: string): Html {
  return html`
    <li data-trial="${name}">
      <div class="question">
        <h2><button type="button" aria-describedby="about-${name}" disabled>${title}</button></h2>
        <p id="about-${name}">${about}</p>
      </div>
      <dl class="answers">
        <div class="answer" data-side="here"><dt>${words.tryLabel}</dt><dd>${words.tryIdle}</dd></div>
        <div class="answer" data-side="express-session"><dt>${rivalName}</dt><dd>${words.tryIdle}</dd></div>
      </dl>
      <p class="verdict" role="status"></p>
    </li>`
}

/** The lines that the buttons run on, as they stand in `here.ts`, and where to read more. */
export function codeSection(words: Words): Html {
  const lines = sources['here.ts'].split('\n').map((line) => line.trim())
  const shown = LINES.map((begin) => lines.find((line) => line.startsWith(begin)))
  return html`
    <section class="code" aria-labelledby="code-title">
      <h2 id="code-title">${words.codeTitle}</h2>
      <pre><code>${shown.map((line) => html`<span>${line}</span>`)}</code></pre>
      <p><a href="${REPOSITORY}/blob/main/docs/guide.md">${words.codeDocs}</a> · <a href="/try/here.ts">${words.codeFile}</a></p>
    </section>`
}
