export { oauth2ClientCredentials } from './credential/oauth2-client-credentials.ts'
export { oauth2RefreshToken } from './credential/oauth2-refresh-token.ts'
