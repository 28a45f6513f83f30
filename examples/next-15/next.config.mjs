/** @type {import('next').NextConfig} */
export default {
  // The lockfiles of the repository around this app are not its own.
  outputFileTracingRoot: import.meta.dirname,
  // The icon stands in the head of each page: a browser that does not see it in time asks for one of its own.
  htmlLimitedBots: /./,
  eslint: { ignoreDuringBuilds: true },
}
