export { dpopFetch } from './authenticator/dpop-fetch.ts'
export type { ConnectionFlow, ConnectionState } from './connection/connection-state.ts'
export { type ConnectionDefinition, connectionParts } from './connection/define-connection.ts'
export { type ConnectionToken, type DpopToken, dpopToken } from './connection/oauth-token.ts'
export { oauth2Connection, oauth2DpopConnection } from './connection/oauth2-connection.ts'
export type { OwnRevocation } from './connection/revoke-connection.ts'
export { type ExchangeTerms, exchangedTokens } from './credential/exchanged-tokens.ts'
export { oauth2ClientCredentials } from './credential/oauth2-client-credentials.ts'
export { oauth2JwtBearer } from './credential/oauth2-jwt-bearer.ts'
export { oauth2RefreshToken } from './credential/oauth2-refresh-token.ts'
export { oauth2TokenExchange } from './credential/oauth2-token-exchange.ts'
export { type AccountSource, accountOf } from './flow/account.ts'
export { CompletedOAuth2Flow } from './flow/completed-oauth2-flow.ts'
export type { DeviceCode } from './flow/device-request.ts'
export type { FlowEnvironment } from './flow/flow-environment.ts'
export { type FlowLacking, OAuth2DeviceFlow, OAuth2Flow, OAuth2FlowBuilder } from './flow/oauth2-flow.ts'
export { StartedDeviceFlow } from './flow/started-device-flow.ts'
export { StartedOAuth2Flow } from './flow/started-oauth2-flow.ts'
export {
  type LoopbackRedirect,
  type LoopbackRedirectOptions,
  startLoopbackRedirect,
} from './loopback/loopback-redirect.ts'
export type { ClientAuthentication } from './provider/client-input.ts'
export { defineOAuth2Provider, type OAuth2Provider } from './provider/define-oauth2-provider.ts'
export type { Placeholder } from './provider/placeholder.ts'
export type {
  OAuth2ProviderDefinition,
  ProviderInput,
  ProviderServer,
} from './provider/provider-definition.ts'
export { type Providers, providers } from './provider/providers.ts'
export type { Dialect } from './token-endpoint/dialect.ts'
export type { JsonObject } from './token-endpoint/json-object.ts'
