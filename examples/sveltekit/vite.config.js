import adapter from '@sveltejs/adapter-node'
import { sveltekit } from '@sveltejs/kit/vite'

const compilerOptions = { experimental: { async: true } }

export default {
  plugins: [sveltekit({ adapter: adapter(), experimental: { remoteFunctions: true }, compilerOptions })],
  server: { port: Number(process.env.PORT ?? 3000) },
}
