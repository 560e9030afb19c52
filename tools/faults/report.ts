import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { markdownTable } from '../docs-tables/markdown-table.ts'
import type { Fault } from './fault.ts'
import type { Result } from './make-fault.ts'

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

/** The figures of every line, as a table. */
export function figuresTable(results: readonly Result[]): string {
  return markdownTable(head, results.map(figuresRow))
}

/** Writes what was made and seen into the places that a document has for it. Lines that were not made now stay. */
export function writeReport(path: string, faults: readonly Fault[], results: readonly Result[]): void {
  const document = readFileSync(path, 'utf8')
  const known = new Map([...rowsIn(document), ...results.map(figuresRow)].map(row => [lineOf(row), row]))
  const lines = faults.flatMap(({ name, backends }) => backends.map(backend => lineOf([name, backend])))
  const rows = lines.map(line => known.get(line)).filter(row => row !== undefined)
  const sum = (column: string) =>
    rows.reduce((total, row) => total + Number(row[head.indexOf(column)]), 0).toLocaleString('en')
  const losses = `${sum('grants lost')} grants were lost, ${sum('of them unavoidable')} of them unavoidably`
  const broken = rows.filter(row => row.at(-1) !== kept).length
  const verdict = broken === 0 ? 'every promise was kept' : `the promises of ${broken} lines were broken`
  const day = new Date().toISOString().slice(0, 10)
  const machine = `${availableParallelism()} cores, Node ${process.versions.node}`
  const parts: Readonly<Record<string, string>> = {
    faults: faultsTable(faults),
    figures: `${sum('made')} faults, ${day}, ${machine}: ${verdict}; ${losses}.\n\n${markdownTable(head, rows)}`,
  }
  const places = Object.entries(parts)
  writeFileSync(
    path,
    places.reduce((text, [name, part]) => withPart(text, name, part), document),
  )
}

const kept = 'kept'

function figuresRow({ fault, backend, figures, broken }: Result): string[] {
  const { times, requests, invalidGrants, wrongTokens, lost, unavoidable, recoveredMs } = figures
  const counts = [times, requests, invalidGrants, wrongTokens, lost, unavoidable].map(String)
  return [fault.name, backend, ...counts, `${recoveredMs} ms`, broken.length === 0 ? kept : 'BROKEN']
}

function lineOf([fault, backend]: readonly string[]): string {
  return `${fault} on ${backend}`
}

function rowsIn(document: string): string[][] {
  return document
    .split('\n')
    .map(line => line.split('|').map(cell => cell.trim()))
    .filter(cells => cells.length === head.length + 2)
    .map(cells => cells.slice(1, -1))
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
