import { fileURLToPath } from 'node:url'
import ours from './ours.mjs'

/** An adapter as small as can be: whoever has the application sends its cookies. */
const adapter = {
  name: 'rendered',
  hooks: {
    'astro:config:done': ({ setAdapter }) =>
      setAdapter({
        name: 'rendered',
        entrypointResolution: 'auto',
        serverEntrypoint: fileURLToPath(new URL('./server.ts', import.meta.url)),
        supportedAstroFeatures: { serverOutput: 'stable', envGetSecret: 'stable' },
      }),
  },
}
// Where nobody else builds: what is imported from there may be loaded later.
export default { ...ours, adapter, outDir: './build' }
