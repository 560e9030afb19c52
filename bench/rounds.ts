/** A way of doing something, measured against others. */
export interface Contender {
  /** Does it `operations` times. */
  readonly run: () => void | Promise<void>
  readonly operations: number
}

/**
 * Runs every contender once a round, each round starting with another one, so that whatever disturbs the machine
 * disturbs all of them. Returns nanoseconds per operation, by contender, round by round: of processor time, garbage
 * collection and compilation included, because a busy machine stretches the wall's time at random.
 */
export function interleave<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  rounds: number,
  warmUps = 3,
): Promise<Record<Name, number[]>> {
  return takeTurns(contenders, nsPerOperation, rounds, warmUps)
}

/** {@link interleave} for contenders that are measured in another way. */
export async function takeTurns<Name extends string, C>(
  contenders: Readonly<Record<Name, C>>,
  measure: (contender: C) => Promise<number>,
  rounds: number,
  warmUps: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contenders) as Name[]
  const times = Object.fromEntries(names.map(name => [name, []])) as unknown as Record<Name, number[]>
  for (let round = -warmUps; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round + warmUps) % names.length] as Name
      const ns = await measure(contenders[name])
      if (round >= 0) times[name].push(ns)
    }
  }
  return times
}

async function nsPerOperation({ run, operations }: Contender): Promise<number> {
  // The garbage of one must not be collected at the expense of the next.
  globalThis.gc?.({ type: 'minor' })
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / operations
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** The median over the rounds of one time through the other of the same round. */
export function medianRatio(times: readonly number[], others: readonly number[]): number {
  return median(times.map((time, round) => time / (others[round] ?? Number.NaN)))
}

/** The value under which `share` of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** A random order of `items`, the same for the same seed (mulberry32). */
export function shuffled<T>(items: readonly T[], seed = 1): T[] {
  const order = [...items]
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1))
    const moved = order[last] as T
    order[last] = order[other] as T
    order[other] = moved
  }
  return order
}
