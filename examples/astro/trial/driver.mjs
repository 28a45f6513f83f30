/** Astro's own session object, over a store of this library. */
export default {
  srcDir: './trial',
  integrations: [],
  session: { driver: { entrypoint: new URL('./session-driver.ts', import.meta.url) } },
}
