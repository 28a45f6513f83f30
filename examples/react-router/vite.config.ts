import { reactRouter } from '@react-router/dev/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  base: `${process.env.BASE ?? ''}/`,
  plugins: [reactRouter()],
  // Whose sessions the app of `trial` uses is said when it starts.
  build: { rolldownOptions: { external: ['#sessions'] } },
})
