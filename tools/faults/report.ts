import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { markdownTable } from '../docs-tables/markdown-table.ts'
import type { Fault } from './fault.ts'
import type { Result } from './make-fault.ts'

/** The figures of every line, as a table. */
export function figuresTable(results: readonly Result[]): string {
  const head = [
    'fault',
    'backend',
    'made',
    'token requests',
    '`invalid_grant`',
    'wrong tokens',
    'grants lost',
    'of them unavoidable',
    'longest recovery',
    'promise',
  ]
  const rows = results.map(({ fault, backend, figures, broken }) => {
    const { times, requests, invalidGrants, wrongTokens, lost, unavoidable, recoveredMs } = figures
    const counts = [times, requests, invalidGrants, wrongTokens, lost, unavoidable].map(String)
    return [fault.name, backend, ...counts, `${recoveredMs} ms`, broken.length === 0 ? 'kept' : 'BROKEN']
  })
  return markdownTable(head, rows)
}

/** Writes what was made and seen into the places that a document has for it. */
export function writeReport(path: string, faults: readonly Fault[], results: readonly Result[]): void {
  const made = results.reduce((sum, { figures }) => sum + figures.times, 0)
  const broken = results.filter(result => result.broken.length > 0).length
  const verdict = broken === 0 ? 'every promise was kept' : `the promises of ${broken} lines were broken`
  const day = new Date().toISOString().slice(0, 10)
  const machine = `${availableParallelism()} cores shared with other work, Node ${process.versions.node}`
  const parts: Readonly<Record<string, string>> = {
    faults: faultsTable(faults),
    figures: `${made} faults on ${day}, ${machine}: ${verdict}.\n\n${figuresTable(results)}`,
  }
  const document = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    Object.entries(parts).reduce((text, [name, part]) => withPart(text, name, part), document),
  )
}

function faultsTable(faults: readonly Fault[]): string {
  return markdownTable(
    ['fault', 'what is done', 'what is promised', 'what nobody can keep'],
    faults.map(({ name, does, promise, unavoidable = 'nothing is lost' }) => [
      `\`${name}\``,
      does,
      promise,
      unavoidable,
    ]),
  )
}

function withPart(document: string, name: string, part: string): string {
  const [begin, end] = [`<!-- measured: ${name} -->`, `<!-- end of ${name} -->`]
  const [before, rest] = [document.split(begin)[0], document.split(end)[1]]
  if (before === undefined || rest === undefined) throw new Error(`The document has no place for "${name}"`)
  return `${before}${begin}\n\n${part}\n\n${end}${rest}`
}
