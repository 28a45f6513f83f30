/** Astro's own sessions, before the move. */
export default { srcDir: './trial', integrations: [] }
