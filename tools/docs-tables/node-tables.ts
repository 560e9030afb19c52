import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspacePackages } from '../workspace/package.ts'
import { markdownTable } from './markdown-table.ts'

/** What the tables say of a credential type. */
interface CredentialType {
  readonly type: string
  readonly token: { readonly kind: string }
  readonly initialize: unknown
  readonly refresh?: { readonly rotating: boolean | ((state: never) => boolean) }
  readonly verify?: unknown
  readonly revoke?: unknown
  readonly interactive?: unknown
  readonly rotation?: unknown
}

interface Authenticator {
  readonly kind: string
  readonly authenticate: unknown
  readonly live?: boolean
}

interface Action {
  readonly credentials: Record<string, { readonly types: readonly CredentialType[]; readonly kind?: string }>
  readonly run: unknown
  readonly chunk?: unknown
}

/** What a node package exports, by the names that it is exported under. */
type Exports = Readonly<Record<string, unknown>>

interface Node {
  readonly name: string
  readonly exports: Exports
  /** The source of its index. */
  readonly index: string
}

/** The tables of docs/nodes.md, made from what the node packages export. */
export async function nodeTables(root: string): Promise<Record<string, string>> {
  const nodes: Node[] = []
  for (const { name, directory } of workspacePackages(root)) {
    const index = join(directory, 'src/index.ts')
    if (!name.startsWith('node-') || !existsSync(index)) continue
    nodes.push({ name, exports: await import(index), index: readFileSync(index, 'utf8') })
  }
  return {
    'node-credential-types': credentialTypeTable(nodes),
    'node-authenticators': authenticatorTable(nodes),
    'node-actions': actionTable(nodes),
  }
}

function credentialTypeTable(nodes: readonly Node[]): string {
  const rows = nodes.flatMap(({ name, exports }) =>
    select(exports, isCredentialType).map(([exported, definition]) => [
      `\`${name}\``,
      `\`${exported}\``,
      definition.token.kind,
      yesOrNo(definition.interactive),
      refreshOf(definition),
      yesOrNo(definition.rotation),
      yesOrNo(definition.verify),
      yesOrNo(definition.revoke),
    ]),
  )
  const head = [
    'node',
    'credential type',
    'protocol (token kind)',
    'interactive',
    'refresh',
    'rotation',
    'verify',
    'revoke',
  ]
  return markdownTable(head, rows)
}

function authenticatorTable(nodes: readonly Node[]): string {
  const rows = nodes.flatMap(({ name, exports, index }) => [
    ...select(exports, isAuthenticator).map(([exported, { kind, live }]) => [
      `\`${name}\``,
      `\`${exported}\``,
      kind,
      yesOrNo(live),
    ]),
    ...factoriesIn(exports, index).map(exported => [
      `\`${name}\``,
      `\`${exported}(options)\``,
      'by options',
      'by options',
    ]),
  ])
  return markdownTable(['node', 'authenticator', 'takes a token of kind', 'live'], rows)
}

function actionTable(nodes: readonly Node[]): string {
  const rows = nodes.flatMap(({ name, exports }) =>
    select(exports, isAction).map(([exported, action]) => [
      `\`${name}\``,
      `\`${exported}\``,
      Object.entries(action.credentials)
        .map(([need, { types, kind }]) => {
          const names = types.map(({ type }) => `\`${type}\``)
          return `${need}: ${[...names, ...(kind ? [`any with a token of kind ${kind}`] : [])].join(' or ')}`
        })
        .join(', '),
      yesOrNo(action.chunk),
    ]),
  )
  return markdownTable(['node', 'action', 'needs', 'streams'], rows)
}

/** Functions from the folder of authenticators: what they make depends on what they are given. */
function factoriesIn(exports: Exports, index: string): string[] {
  const lists = [...index.matchAll(/export \{([^}]*)\} from '\.\/authenticator\//g)].map(
    ([, list = '']) => list,
  )
  const names = lists.flatMap(list => list.split(',')).map(name => name.trim())
  return names.filter(name => typeof exports[name] === 'function').sort()
}

function refreshOf({ refresh }: CredentialType): string {
  if (refresh === undefined) return 'no'
  if (typeof refresh.rotating === 'function') return 'yes; some rotate'
  return refresh.rotating ? 'yes, rotating' : 'yes, repeatable'
}

function yesOrNo(capability: unknown): string {
  return capability === undefined || capability === false ? 'no' : 'yes'
}

function select<Kind>(exports: Exports, isKind: (value: object) => value is Kind & object): [string, Kind][] {
  const found = Object.entries(exports).filter(
    ([, value]) => typeof value === 'object' && value !== null && isKind(value),
  )
  return found.sort(([one], [other]) => one.localeCompare(other)) as [string, Kind][]
}

const isCredentialType = (value: object): value is CredentialType => 'initialize' in value && 'token' in value
const isAuthenticator = (value: object): value is Authenticator => 'authenticate' in value && 'kind' in value
const isAction = (value: object): value is Action => 'credentials' in value && 'run' in value
