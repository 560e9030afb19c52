import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes } from '../../packages/core/src/errors.ts'
import { defaultRefreshPolicy } from '../../packages/core/src/manager/refresh-policy.ts'
import { repositoryRoot } from '../workspace/root.ts'
import { memberComments } from './member-comments.ts'

/** The tables that stand in the documentation and are made from the sources, by the name of their place there. */
export function generatedTables(): Record<string, string> {
  return { 'error-codes': errorCodeTable(), 'refresh-policy': refreshPolicyTable() }
}

function errorCodeTable(): string {
  const meanings = commentsIn('packages/core/src/errors.ts', 'errorCodes')
  const rows = Object.entries(errorCodes).map(([code, { retryable, whoActs }]) => [
    `\`${code}\``,
    required(meanings, code),
    retryable ? 'yes' : 'no',
    whoActs,
  ])
  return table(['code', 'means', 'retry', 'who acts'], rows)
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
  return table(['number', 'default', 'means'], rows)
}

function commentsIn(path: string, declaration: string): Map<string, string> {
  return memberComments(readFileSync(join(repositoryRoot, path), 'utf8'), declaration)
}

function required(comments: Map<string, string>, name: string): string {
  const comment = comments.get(name)
  if (comment) return comment
  throw new Error(`${name} has no doc comment to make a table row from`)
}

/** Aligned, as the formatter wants it. */
function table(head: string[], rows: string[][]): string {
  const cells = [head, ...rows].map(row => row.map(cell => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, column) => Math.max(...cells.map(row => row[column]?.length ?? 0)))
  const line = (row: string[], filler: string) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, filler)).join(' | ')} |`
  const [first = [], ...others] = cells
  return [line(first, ' '), line([], '-'), ...others.map(row => line(row, ' '))].join('\n')
}
