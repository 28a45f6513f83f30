/** @type {import('next').NextConfig} */
export default {
  // The lockfiles of the repository around this app are not its own.
  turbopack: { root: import.meta.dirname },
  outputFileTracingRoot: import.meta.dirname,
}
