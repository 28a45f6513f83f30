import { createFileRoute } from '@tanstack/react-router'
import { boom } from '../../trials'

export const Route = createFileRoute('/trials/boom')({ loader: () => boom(), component: () => <p>not reached</p> })
