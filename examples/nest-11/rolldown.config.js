import { defineConfig } from 'rolldown'

/** Runs in a moment, and makes what Nest needs of TypeScript's decorators. */
export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  external: /^(?:@nestjs|coatcheck|reflect-metadata)\b/,
  transform: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  output: { dir: 'dist' },
})
