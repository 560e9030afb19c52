import type { Clock } from '../../clock.ts'
import type { RefreshPolicy } from '../refresh-policy.ts'

interface Circuit {
  failures: number
  readonly credentials: Set<string>
  /** Epoch ms until which nobody may try; 0 while closed. */
  openUntil: number
  probing: boolean
}

const maxCircuits = 1_000

/**
 * Stops asking a peer that is down, so that its outage is not recorded as the failure of every credential. One per
 * process; closed, open, half-open.
 */
export class CircuitBreaker {
  readonly #circuits = new Map<string, Circuit>()
  readonly #policy: RefreshPolicy
  readonly #clock: Clock

  constructor(policy: RefreshPolicy, clock: Clock) {
    this.#policy = policy
    this.#clock = clock
  }

  /** When the peer may be asked again (epoch ms), or undefined when it may be asked now. */
  blockedUntil(peer: string): number | undefined {
    const circuit = this.#circuits.get(peer)
    if (circuit === undefined || circuit.openUntil === 0) return undefined
    const now = this.#clock.now()
    if (now < circuit.openUntil) return circuit.openUntil
    return circuit.probing ? now + this.#policy.callerWaitMs : undefined
  }

  /** A request starts; while the circuit is half-open it is the only one. */
  started(peer: string): void {
    const circuit = this.#circuits.get(peer)
    if (circuit !== undefined && circuit.openUntil !== 0) circuit.probing = true
  }

  /** The peer answered, whatever it said; or nothing can be said of it. */
  reached(peer: string): void {
    this.#circuits.delete(peer)
  }

  /** The peer could not be reached or answered with a 5xx. */
  failed(peer: string, credentialId: string): void {
    const circuit = this.#circuitOf(peer)
    circuit.failures++
    circuit.credentials.add(credentialId)
    const enough =
      circuit.failures >= this.#policy.breakerFailures &&
      circuit.credentials.size >= this.#policy.breakerCredentials
    if (enough || circuit.probing) circuit.openUntil = this.#clock.now() + this.#policy.breakerOpenMs
    circuit.probing = false
  }

  #circuitOf(peer: string): Circuit {
    let circuit = this.#circuits.get(peer)
    if (circuit === undefined) {
      if (this.#circuits.size >= maxCircuits)
        this.#circuits.delete(this.#circuits.keys().next().value as string)
      circuit = { failures: 0, credentials: new Set(), openUntil: 0, probing: false }
      this.#circuits.set(peer, circuit)
    }
    return circuit
  }
}
