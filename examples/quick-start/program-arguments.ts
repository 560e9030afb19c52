import { parseArgs } from 'node:util'
import { type BackendName, backends } from './backend/backends.ts'
import { UnexpectedResult } from './expectation.ts'

const usage = `npm start -- [--storage ${Object.keys(backends).join('|')}]`

/** @throws UnexpectedResult for arguments that this program does not know */
export function programArguments(given: string[]): { storage: BackendName } {
  const { storage } = parsed(given)
  if (isBackendName(storage)) return { storage }
  throw new UnexpectedResult(`There is no storage "${storage}"; use ${usage}.`)
}

function parsed(args: string[]): { storage: string } {
  try {
    return parseArgs({ args, options: { storage: { type: 'string', default: 'sqlite' } } }).values
  } catch {
    throw new UnexpectedResult(`The arguments "${args.join(' ')}" are not understood; use ${usage}.`)
  }
}

function isBackendName(name: string): name is BackendName {
  return Object.hasOwn(backends, name)
}
