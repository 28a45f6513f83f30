export { GET, POST } from '../../edge/bound/handlers'
