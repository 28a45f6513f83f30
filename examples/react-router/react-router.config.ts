import type { Config } from '@react-router/dev/config'

export default { basename: process.env.BASE || '/', appDirectory: process.env.TRIAL ? 'trial' : 'app' } satisfies Config
