const safe = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
const flash = (text) => (text ? `<p id="flash">${safe(text)}</p>` : '')

const page = (title, body) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body><main><h1>${title}</h1>${body}</main></body></html>`

export function homePage({ visits, cart = [], language = 'en', user = 'guest', message }) {
  const choices = ['en', 'de', 'fr'].map((each) => `<option${each === language ? ' selected' : ''}>${each}</option>`).join('')
  return page(
    'Cloakroom',
    `${flash(message)}
<p>Visit <output id="visits">${visits}</output>, items <output id="cart">${cart.length}</output>,
language <output id="language">${safe(language)}</output>, user <output id="user">${safe(user)}</output></p>
<form method="post" action="/cart"><label>Item <input name="item" value="hat"></label> <button>Add to cart</button></form>
<form method="post" action="/language"><label>Language <select name="language">${choices}</select></label> <button>Choose</button></form>
<form method="post" action="/logout"><button>Sign out</button></form>
<p><a href="/login">Sign in</a></p>`,
  )
}

export function loginPage(error) {
  return page(
    'Sign in',
    `${flash(error)}
<form method="post" action="/login"><label>Name <input name="username" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label> <button>Sign in</button></form>`,
  )
}
