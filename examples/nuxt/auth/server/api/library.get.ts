import { countVisit } from 'visits-library'

export default defineEventHandler((event) => countVisit(event, useRuntimeConfig(event).session))
