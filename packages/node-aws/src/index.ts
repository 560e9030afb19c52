export { getCallerIdentity } from './actions/get-caller-identity.ts'
export { getObject } from './actions/get-object.ts'
export { putObject } from './actions/put-object.ts'
export { awsCredentialProvider } from './authenticator/aws-credential-provider.ts'
export {
  type AwsFetch,
  type AwsFetchOptions,
  type AwsRequestInit,
  awsFetch,
} from './authenticator/aws-fetch.ts'
export { type AwsSigV4Options, awsPresigned, awsSigV4 } from './authenticator/aws-sig-v4.ts'
export { type AwsLocation, type AwsPartition, endpointOf, partitionOf } from './aws-location.ts'
export { type AwsToken, awsToken } from './aws-token.ts'
export { awsAccessKey } from './credential/aws-access-key.ts'
export { awsAssumeRole } from './credential/aws-assume-role.ts'
export { awsSessionToken } from './credential/aws-session-token.ts'
export {
  awsWebIdentity,
  defineAwsWebIdentity,
  type IdentityTokenSource,
} from './credential/aws-web-identity.ts'
export { explainAwsError } from './service-errors.ts'
export type { PayloadSigning } from './signing/sign-request.ts'
