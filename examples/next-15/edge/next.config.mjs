/** @type {import('next').NextConfig} */
export default {
  // The lockfiles of the repository around this app are not its own.
  outputFileTracingRoot: import.meta.dirname,
  eslint: { ignoreDuringBuilds: true },
}
