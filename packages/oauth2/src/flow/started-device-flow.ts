import { setTimeout as delay } from 'node:timers/promises'
import { ProviderFailure } from '@nebula-credential/core'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { type CompletedOAuth2Flow, completedFlow } from './completed-oauth2-flow.ts'
import { type DeviceCode, type PendingDevice, pollDevice } from './device-request.ts'
import type { FlowConfig } from './flow-config.ts'
import { type FlowEnvironment, flowEnvironment } from './flow-environment.ts'

/** The person is not done with a device flow. */
export interface DeviceNotYet {
  readonly retryAfterMs: number
  readonly slowerByMs?: number | undefined
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
   * Waits until the person is done, as fast as the server allows.
   * @throws ProviderFailure terminal when the person said no or the code has ended; the signal's reason
   */
  async wait(given: FlowEnvironment = {}): Promise<CompletedOAuth2Flow> {
    let slowerByMs = 0
    while (Date.now() < this.code.expiresAt) {
      const outcome = await this.poll(given)
      if (!('retryAfterMs' in outcome)) return outcome
      slowerByMs += outcome.slowerByMs ?? 0
      await delay(outcome.retryAfterMs + slowerByMs, undefined, given.signal && { signal: given.signal })
    }
    throw new ProviderFailure('terminal', 'the code was not entered in time')
  }
}
