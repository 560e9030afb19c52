import { type Clock, ProviderFailure, systemClock } from '@nebula-credential/core'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { CompletedOAuth2Flow, completedFlow } from './completed-oauth2-flow.ts'
import { type DeviceCode, type PendingDevice, pendingDevice, pollDevice } from './device-request.ts'
import type { FlowConfig } from './flow-config.ts'
import { type FlowEnvironment, flowEnvironment } from './flow-environment.ts'
import { serializePending } from './serialized-flow.ts'

/** The person is not done with a device flow. */
export interface DeviceNotYet {
  readonly retryAfterMs: number
  readonly slowerByMs?: number | undefined
}

/** How to wait for the person: until the signal says otherwise. */
export interface DeviceWait extends Omit<FlowEnvironment, 'startedAt'> {
  /** Default: the machine's. */
  readonly clock?: Clock | undefined
}

/** A flow that waits for a person to enter a code on another device. */
export class StartedDeviceFlow {
  readonly #config: FlowConfig
  /** What must be kept until the person is done, and be kept secret. */
  readonly pending: PendingDevice

  constructor(config: FlowConfig, pending: PendingDevice) {
    this.#config = config
    this.pending = pending
  }

  /** What to show to the person. */
  get code(): DeviceCode {
    return this.pending.code
  }

  /** The flow as JSON text **with its secrets in clear**, for sealing only: `OAuth2DeviceFlow.resume` goes on with it. */
  serialize(): string {
    return serializePending(pendingDevice, this.pending)
  }

  /** Asks once. @throws ProviderFailure terminal when the person said no or the code has ended */
  async poll(given: FlowEnvironment = {}): Promise<CompletedOAuth2Flow | DeviceNotYet> {
    const environment = flowEnvironment(given)
    const { dpopKey } = this.pending
    const { dialect } = this.#config
    const endpoint = await TokenEndpoint.open(this.#config, environment, { dialect, dpopKey })
    const answer = await pollDevice(endpoint, this.#config, this.pending)
    if ('retryAfterMs' in answer) return answer
    return completedFlow(this.#config, endpoint, environment, { answer, dpopKey })
  }

  /**
   * Waits until the person is done, as fast as the server allows. Outages are waited out, twice as long each time.
   * @throws ProviderFailure terminal when the person said no or the code has ended; the signal's reason
   */
  async wait({ clock = systemClock, ...given }: DeviceWait = {}): Promise<CompletedOAuth2Flow> {
    const { expiresAt } = this.code
    let { intervalMs } = this.code
    let outageMs = 0
    while (clock.now() < expiresAt) {
      const outcome = await this.poll({ ...given, startedAt: clock.now() }).catch(outage)
      if (outcome instanceof CompletedOAuth2Flow) return outcome
      if (outcome instanceof ProviderFailure) {
        outageMs = Math.max(intervalMs, outageMs * 2, (outcome.retryAt ?? 0) - clock.now())
      } else {
        outageMs = 0
        intervalMs += outcome.slowerByMs ?? 0
      }
      const pauseMs = Math.max(intervalMs, outageMs)
      await clock.sleep(Math.min(pauseMs, Math.max(0, expiresAt - clock.now())), given.signal)
    }
    throw new ProviderFailure('terminal', 'the code was not entered in time')
  }
}

/** RFC 8628 section 3.5. */
function outage(error: unknown): ProviderFailure {
  if (error instanceof ProviderFailure && error.kind === 'transient') return error
  throw error
}
