/** Of cookies, as options or Set-Cookie say them: the level, what is wrong, and what to do. */
export const COOKIE_CODES = {
  'cookie-not-secure': [
    'error',
    'The cookie has no Secure: whoever is on the way can read it.',
    'Set `secure: true`, which is the default, and serve over HTTPS.',
  ],
  'cookie-not-http-only': [
    'error',
    'The cookie has no HttpOnly: any script of the page can read it.',
    'Set HttpOnly; ours always have it.',
  ],
  'cookie-no-prefix': [
    'warning',
    'The name of the cookie has no prefix: other hosts of the domain can put one in its place.',
    'Call it `__Host-…`, or `__Secure-…` where several hosts share it.',
  ],
  'cookie-prefix-broken': [
    'error',
    'The attributes of the cookie are not those that the prefix of its name demands: browsers drop it.',
    'With `__Host-`: Secure, Path=/ and no Domain. With `__Secure-`: Secure.',
  ],
  'cookie-no-same-site': [
    'warning',
    'The cookie says nothing of SameSite: browsers differ in what they do then.',
    'Set `sameSite: "lax"`.',
  ],
  'cookie-same-site-none': [
    'warning',
    'The cookie goes along with requests from other sites.',
    'Use `lax` unless other sites frame yours, and check where requests are from (docs/csrf.md).',
  ],
  'cookie-none-not-secure': [
    'error',
    'The cookie has SameSite=None without Secure: browsers drop it.',
    'Set Secure, or SameSite=Lax.',
  ],
  'cookie-domain': [
    'warning',
    'The cookie goes to every host below its Domain.',
    'Leave Domain out, unless these hosts share their sessions.',
  ],
  'cookie-domain-foreign': [
    'error',
    'The Domain of the cookie does not cover the host that sets it: browsers drop it.',
    'Leave Domain out.',
  ],
  'cookie-too-large': [
    'error',
    'The cookie is over 4096 bytes: browsers drop it.',
    'Keep less in the session, set `chunks: true`, or use a store.',
  ],
  'cookie-twice': [
    'error',
    'One answer sets two different cookies of this name: which one counts is up to the browser.',
    'Look for a second library or middleware that sets it, and take one out.',
  ],
  'cookie-name-shared': [
    'error',
    'Two applications use one cookie name: each signs out the visitors of the other.',
    'Give each a name of its own (`cookie: { name }`).',
  ],
} as const
