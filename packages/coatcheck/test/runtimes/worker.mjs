// workerd: the same lines, as the answer to a request. A Worker has no files.
import { suite } from './suite.mjs'

export default {
  async fetch() {
    let lines = ''
    for await (const line of suite()) lines += `${JSON.stringify(line)}\n`
    return new Response(lines)
  },
}
