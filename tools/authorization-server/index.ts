export {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  type IssuedGrant,
  startAuthorizationServer,
} from './authorization-server.ts'
export { Browser, type Person } from './browser.ts'
export { callbackUrl } from './clients.ts'
export type { Fault } from './fault.ts'
export type { TokenRequest } from './token-request-log.ts'
