export { proxy } from './app/trial/edge/sessions'
