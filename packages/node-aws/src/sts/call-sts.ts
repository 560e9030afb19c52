import { type CredentialEnvironment, ProviderFailure } from '@nebula-credential/core'
import { failureFromError, outboundFetch } from '@nebula-credential/outbound'
import type { XmlDocument } from '@rgrove/parse-xml'
import { type AwsLocation, endpointOf } from '../aws-location.ts'
import { failureFromAnswer } from '../service-errors.ts'
import { ServerClock } from '../signing/server-clock.ts'
import { type SigningKey, signRequest } from '../signing/sign-request.ts'
import { readXml } from './response-xml.ts'

/** Where an action of STS is called, and by whom: nobody signs AssumeRoleWithWebIdentity. */
export interface StsCaller {
  readonly location: AwsLocation
  readonly key: SigningKey | undefined
  readonly environment: CredentialEnvironment
}

const clock = new ServerClock()

/** Calls one action of STS, in its Query protocol. @throws ProviderFailure */
export async function callSts(
  action: string,
  parameters: Readonly<Record<string, string | undefined>>,
  { location, key, environment }: StsCaller,
): Promise<XmlDocument> {
  const body = stsForm(action, parameters)
  const send = async () => {
    const request = new Request(endpointOf(location, 'sts'), { method: 'POST', body })
    const { region } = location
    const scope = { service: 'sts', region, now: clock.now() }
    const sent = key ? await signRequest(request, key, scope, 'hashed') : request
    return outboundFetch(environment)(sent, { signal: environment.signal }).catch(error => {
      throw failureFromError(error)
    })
  }
  const first = await send()
  const response = key !== undefined && clock.learnFrom(first) ? await send() : first
  if (!response.ok) throw await failureFromAnswer(response)
  return readAnswer(await response.text().catch(error => Promise.reject(failureFromError(error))))
}

/** The form that asks STS for an action, in its Query protocol. */
export function stsForm(
  action: string,
  parameters: Readonly<Record<string, string | undefined>>,
): URLSearchParams {
  const form = new URLSearchParams({ Action: action, Version: '2011-06-15' })
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) form.append(name, value)
  return form
}

/** An answer of STS. @throws ProviderFailure transient when it is no XML */
export function readAnswer(text: string): XmlDocument {
  const document = readXml(text)
  if (document === undefined) throw unreadable()
  return document
}

/** The failure of an answer that is not what STS documents. */
export function unreadable(): ProviderFailure {
  return new ProviderFailure('transient', 'AWS answered with something else than documented')
}
