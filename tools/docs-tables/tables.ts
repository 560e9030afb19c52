import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes } from '../../packages/core/src/errors.ts'
import { defaultRefreshPolicy } from '../../packages/core/src/manager/refresh-policy.ts'
import { repositoryRoot } from '../workspace/root.ts'
import { markdownTable } from './markdown-table.ts'
import { memberComments } from './member-comments.ts'
import { nodeTables } from './node-tables.ts'
import { providerTable } from './provider-table.ts'

/** The tables that stand in the documentation and are made from the sources, by the name of their place there. */
export async function generatedTables(): Promise<Record<string, string>> {
  return {
    'error-codes': errorCodeTable(),
    'refresh-policy': refreshPolicyTable(),
    providers: providerTable(),
    ...(await nodeTables(repositoryRoot)),
  }
}

function errorCodeTable(): string {
  const meanings = commentsIn('packages/core/src/errors.ts', 'errorCodes')
  const rows = Object.entries(errorCodes).map(([code, { retryable, whoActs }]) => [
    `\`${code}\``,
    required(meanings, code),
    retryable ? 'yes' : 'no',
    whoActs,
  ])
  return markdownTable(['code', 'means', 'retry', 'who acts'], rows)
}

const statedDefault = / ?Default ([\d,.]*\d)\.$/

function refreshPolicyTable(): string {
  const comments = commentsIn('packages/core/src/manager/refresh-policy.ts', 'RefreshPolicy')
  const rows = Object.entries(defaultRefreshPolicy).map(([name, value]) => {
    const comment = required(comments, name)
    const shown = value.toLocaleString('en-US')
    if (statedDefault.exec(comment)?.[1] !== shown) {
      throw new Error(`The comment on RefreshPolicy.${name} must end with "Default ${shown}."`)
    }
    return [`\`${name}\``, shown, comment.replace(statedDefault, '')]
  })
  return markdownTable(['number', 'default', 'means'], rows)
}

function commentsIn(path: string, declaration: string): Map<string, string> {
  return memberComments(readFileSync(join(repositoryRoot, path), 'utf8'), declaration)
}

function required(comments: Map<string, string>, name: string): string {
  const comment = comments.get(name)
  if (comment) return comment
  throw new Error(`${name} has no doc comment to make a table row from`)
}
