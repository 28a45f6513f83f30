const escaped = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const signIn = `<form method="post" action="/login">
  <p><label>Name <input name="username" autocomplete="username" required></label></p>
  <p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
  <button>Sign in</button>
</form>`

const room = (
  owner,
  said,
) => `<p>You are <strong id="user">${escaped(owner)}</strong>, and have said <span id="said">${said}</span> things.</p>
<form method="post" action="/logout"><button>Sign out</button></form>
<p role="status" id="state">connecting</p>
<ul id="lines"></ul>
<form id="say"><label>Say <input name="text" autocomplete="off" required></label> <button>Send</button></form>
<script src="/client.js" defer></script>`

export const page = (owner, said) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Chat</title>
<h1>Chat</h1>
${owner === undefined ? signIn : room(owner, said)}
</html>`
