import { dirname } from 'node:path'

/** The repository's root. */
export const repositoryRoot = dirname(dirname(import.meta.dirname))
