export type { ClientCertificate, GuardedRequestInit } from './client-certificate.ts'
export { documentedAnswer } from './documented-answer.ts'
export { errorFromCall, type RefusedCall } from './error-from-call.ts'
export { failureFromError } from './failure-from-error.ts'
export { failureFromResponse } from './failure-from-response.ts'
export { failureFromStatus } from './failure-from-status.ts'
export {
  fetchJson,
  type JsonAnswer,
  type JsonEnvironment,
  type JsonRequest,
  requestJson,
} from './fetch-json.ts'
export type { Lookup } from './guarded-agent.ts'
export { type GuardedFetchOptions, guardedFetch } from './guarded-fetch.ts'
export { outboundFetch } from './outbound-fetch.ts'
export { parseRetryAfter } from './retry-after.ts'
export { isServiceUrl, serviceUrlRule } from './service-url.ts'
