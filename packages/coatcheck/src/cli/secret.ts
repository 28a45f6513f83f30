import { createSecret } from '../core/options/secrets.ts'
import { JSON_OPTION, parsed } from './args.ts'
import type { Command } from './command.ts'
import { Problem } from './problem.ts'
import { asJson } from './text.ts'

export const secret: Command = {
  name: 'secret',
  summary: 'makes a secret',
  help: `coatcheck secret [options]

Prints a new secret: 33 random bytes of the platform as 44 characters. It is written nowhere.

  --name NAME        prints a line for .env: NAME=…
  --json             for programs: { "secret" }

  npx coatcheck secret
  npx coatcheck secret --name SESSION_SECRET >> .env
  npx coatcheck secret > session-secrets          # for fileSecrets() of coatcheck/secrets`,

  async run(args, terminal) {
    const { values, positionals } = parsed('secret', args, { name: { type: 'string' }, ...JSON_OPTION })
    if (positionals.length > 0) throw new Problem('secret takes no argument.', 'A secret that is there stays where it is.')
    if (values.name !== undefined && !/^[A-Za-z_]\w*$/.test(values.name))
      throw new Problem('--name is given what is no name of a variable.', 'Use letters, digits and "_".')
    const made = createSecret()
    terminal.say(values.json ? asJson({ secret: made }) : values.name === undefined ? made : `${values.name}=${made}`)
    return 0
  },
}
