import { S3Client } from '@aws-sdk/client-s3'
import {
  apiKeyToken,
  authenticateWith,
  type CredentialId,
  type CredentialView,
  lend,
} from '@nebula-credential/core'
import {
  type AwsFetch,
  type AwsToken,
  awsAccessKey,
  awsAssumeRole,
  awsCredentialProvider,
  awsFetch,
  awsSigV4,
  defineAwsWebIdentity,
  getObject,
} from './index.ts'

declare const acme: CredentialView
const key = { accessKeyId: 'AKIA', secretAccessKey: 'x', region: 'eu-central-1' }
const id = await acme.createCredential(awsAccessKey, key)
const role = await acme.createCredential(awsAssumeRole, { ...key, roleArn: 'arn:aws:iam::1:role/r' })
const token: AwsToken = await acme.getToken(role)
const signed: Request = await authenticateWith(awsSigV4({ service: 's3' }), token, new Request('https://x'))
const s3: AwsFetch = await acme.client(id, awsFetch({ service: 's3' }))
const client = new S3Client({ credentials: await acme.client(role, awsCredentialProvider) })
const object: { body: Uint8Array } = await acme.run(getObject, { aws: role }, { bucket: 'b', key: 'k' })
const clusterRole = defineAwsWebIdentity({ type: 'cluster_role', identityToken: async () => 'x' })
const roleOfCluster = await acme.createCredential(clusterRole, { region: 'x', roleArn: 'x' })
void acme.run(getObject, { aws: roleOfCluster }, { bucket: 'b', key: 'k' })
declare const bot: CredentialId<{ kind: 'bearer'; generation: number }>

// @ts-expect-error a credential of another service
void acme.run(getObject, { aws: bot }, { bucket: 'b', key: 'k' })
// @ts-expect-error a role without its ARN
void acme.createCredential(awsAssumeRole, key)
// @ts-expect-error a token of another kind
void authenticateWith(awsSigV4({ service: 's3' }), apiKeyToken.mint({ value: lend('x') }, 1), signed)
// @ts-expect-error a token of another kind, for a live client
void authenticateWith(awsCredentialProvider, apiKeyToken.mint({ value: lend('x') }, 1))
// @ts-expect-error nothing to sign
void authenticateWith(awsSigV4({ service: 's3' }), token)
// @ts-expect-error a field that the action does not have
void acme.run(getObject, { aws: id }, { bucket: 'b', object: 'k' })
void [signed, s3, client, object]
