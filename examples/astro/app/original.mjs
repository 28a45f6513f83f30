/** The application on Astro's own sessions. */
export const session = {
  driver: { entrypoint: new URL('./driver.ts', import.meta.url), config: { prefix: 'shop:' } },
  cookie: { name: 'shop', sameSite: 'strict', maxAge: 3600 },
}
export default { srcDir: './app', integrations: [], session }
