/** @type {import('next').NextConfig} */
const config = {
  distDir: process.env.BUILD_FOLDER ?? '.next',
  // The lockfiles of the repository around this app are not its own.
  turbopack: { root: import.meta.dirname },
  outputFileTracingRoot: import.meta.dirname,
}

// Next builds either pages with `cacheComponents` or pages on the edge runtime: those of the first kind are called page.cc.tsx.
export default process.env.BUILD_FOLDER === '.next-components'
  ? { ...config, cacheComponents: true, pageExtensions: ['cc.tsx', 'cc.ts'], typescript: { ignoreBuildErrors: true } }
  : config
