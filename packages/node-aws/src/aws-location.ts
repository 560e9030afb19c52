import { isServiceUrl, serviceUrlRule } from '@nebula-credential/outbound'
import { z } from 'zod'

const serviceUrl = z.string().refine(isServiceUrl, serviceUrlRule)

/** Where the services of a credential are. */
export const awsLocation = {
  /** `eu-central-1`. Services that know no regions are signed for it too. */
  region: z
    .string()
    .trim()
    .regex(/^[a-z]{2,5}(-[a-z]+)+-\d+$/, 'must be a region, such as eu-central-1'),
  /** The URL of all services, for compatible servers and proxies: what `AWS_ENDPOINT_URL` is to AWS's SDKs. */
  endpoint: serviceUrl.optional(),
  /** The URLs of single services by their signing name, as `AWS_ENDPOINT_URL_<SERVICE>`: `{ s3: 'https://…' }`. */
  endpoints: z.record(z.string().regex(/^[a-z0-9-]+$/), serviceUrl).optional(),
}
export interface AwsLocation {
  readonly region: string
  readonly endpoint?: string | undefined
  readonly endpoints?: Readonly<Record<string, string>> | undefined
}

// As in AWS's own partitions.json; a region that no row knows is one of the first.
const partitions = [
  { partition: 'aws', prefix: '', dnsSuffix: 'amazonaws.com' },
  { partition: 'aws-cn', prefix: 'cn-', dnsSuffix: 'amazonaws.com.cn' },
  { partition: 'aws-us-gov', prefix: 'us-gov-', dnsSuffix: 'amazonaws.com' },
  { partition: 'aws-eusc', prefix: 'eusc-', dnsSuffix: 'amazonaws.eu' },
  { partition: 'aws-iso', prefix: 'us-iso-', dnsSuffix: 'c2s.ic.gov' },
  { partition: 'aws-iso-b', prefix: 'us-isob-', dnsSuffix: 'sc2s.sgov.gov' },
  { partition: 'aws-iso-e', prefix: 'eu-isoe-', dnsSuffix: 'cloud.adc-e.uk' },
  { partition: 'aws-iso-f', prefix: 'us-isof-', dnsSuffix: 'csp.hci.ic.gov' },
] as const

export type AwsPartition = (typeof partitions)[number]['partition']

/** The partition that a region belongs to: the second part of every ARN there. */
export function partitionOf(region: string): AwsPartition {
  return rowOf(region).partition
}

/** The URL of a service: the one given for it, the one given for all, or AWS's own for the region. */
export function endpointOf({ region, endpoint, endpoints }: AwsLocation, service: string): URL {
  const given = endpoints?.[service] ?? endpoint
  return new URL(given ?? `https://${service}.${region}.${rowOf(region).dnsSuffix}`)
}

function rowOf(region: string) {
  return partitions.findLast(({ prefix }) => region.startsWith(prefix)) ?? partitions[0]
}
