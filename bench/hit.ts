import type { BearerToken, CredentialId } from '@nebula-credential/core'
import { fillManager, nothingEvicted, warm } from './filled-manager.ts'
import { report } from './report.ts'
import { interleave, median, medianRatio, shuffled } from './rounds.ts'
import { type Figure, formatNs } from './table.ts'

const size = Number(process.argv[2] ?? 1_000)
const rounds = Number(process.argv[3] ?? 21)
const walked = Math.max(size, Math.min(200_000, 200 * size))

const filled = await fillManager({ credentials: size, policy: nothingEvicted })
const tokens = await warm(filled)
const { view } = filled
const bare = new Map(
  filled.ids.map((id, at) => [
    copyOf(id),
    { token: tokens[at] as BearerToken, expiresAt: Date.now() + 86_400_000 },
  ]),
)
const order = Array.from({ length: walked / size }, (_, lap) => shuffled(filled.ids, lap + 1)).flat()

const times = await interleave(
  {
    bare: { run: walkBare, operations: order.length },
    getToken: { run: walkGetToken, operations: order.length },
  },
  rounds,
)
const figure: Figure = {
  what: `getToken, hit, ${size.toLocaleString('en')} credentials`,
  measured: formatNs(median(times.getToken)),
  against: `awaited bare Map with expiry check: ${formatNs(median(times.bare))}`,
  ratio: medianRatio(times.getToken, times.bare),
  goal: { atMost: 1.3 },
}
await report('Token in memory', [figure])
await filled.manager.close()

/** The floor of any cache of tokens behind an async function. */
async function lookUp(id: string): Promise<BearerToken> {
  const entry = bare.get(id)
  if (entry !== undefined && Date.now() < entry.expiresAt) return entry.token
  throw new Error('Every key is in the map')
}

async function walkBare(): Promise<void> {
  let sum = 0
  for (const id of order) sum += (await lookUp(id)).generation
  assertAll(sum)
}

async function walkGetToken(): Promise<void> {
  let sum = 0
  for (const id of order) sum += (await view.getToken(id)).generation
  assertAll(sum)
}

/** Every token is of generation 1: the sum proves that each was had, and that none could be optimised away. */
function assertAll(sum: number): void {
  if (sum !== order.length) throw new Error(`Expected ${order.length} tokens, had ${sum}`)
}

function copyOf(id: CredentialId): string {
  return Buffer.from(id).toString('latin1')
}
