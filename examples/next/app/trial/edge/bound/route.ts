export { GET, POST } from './handlers'

export const runtime = 'edge'
