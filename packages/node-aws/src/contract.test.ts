import { describeCredentialType } from '@nebula-credential/testing'
import { afterAll } from 'vitest'
import { z } from 'zod'
import { accessKey, loopbackFetch, startAws } from '../test/service.ts'
import { awsAccessKey } from './credential/aws-access-key.ts'
import { awsAssumeRole } from './credential/aws-assume-role.ts'
import { awsSessionToken } from './credential/aws-session-token.ts'
import { awsWebIdentity, defineAwsWebIdentity } from './credential/aws-web-identity.ts'

const service = await startAws()
afterAll(() => service[Symbol.asyncDispose]())

const location = { region: 'eu-central-1', endpoint: service.origin }
const roleArn = 'arn:aws:iam::123456789012:role/workflows'
const { secretAccessKey } = accessKey
const fetch = loopbackFetch
const invalidLocations = (input: object) => ({
  'no region': { ...input, region: secretAccessKey },
  'an endpoint with a password': { ...input, endpoint: `https://u:${secretAccessKey}@aws.example` },
  'an endpoint that is no URL': { ...input, endpoints: { s3: secretAccessKey } },
})

const key = { ...location, ...accessKey }
describeCredentialType(awsAccessKey, {
  input: key,
  sentinels: [secretAccessKey],
  fetch,
  invalidInputs: {
    ...invalidLocations(key),
    'a secret as the id': { ...key, accessKeyId: secretAccessKey },
    'an empty secret': { ...key, secretAccessKey: '' },
  },
})

describeCredentialType(awsSessionToken, {
  input: key,
  makeState: environment => awsSessionToken.initialize(z.decode(awsSessionToken.input, key), environment),
  sentinels: [secretAccessKey],
  fetch,
  invalidInputs: {
    ...invalidLocations(key),
    'a code that is none': { ...key, mfa: { serialNumber: 'GAHT12345678', code: secretAccessKey } },
    'too short a duration': { ...key, durationSeconds: 60 },
  },
})

const externalId = 'external-sentinel'
const assumed = { ...key, roleArn, externalId }
describeCredentialType(awsAssumeRole, {
  input: assumed,
  makeState: environment => awsAssumeRole.initialize(z.decode(awsAssumeRole.input, assumed), environment),
  sentinels: [secretAccessKey, externalId],
  fetch,
  invalidInputs: {
    ...invalidLocations(assumed),
    'a role that is none': { ...assumed, roleArn: secretAccessKey },
    'a malformed external id': { ...assumed, externalId: `${externalId} ` },
    'a malformed session name': { ...assumed, roleSessionName: `${externalId} ${secretAccessKey}` },
  },
})

const webIdentityToken = 'good-identity-sentinel'
const identified = { ...location, roleArn, webIdentityToken }
describeCredentialType(awsWebIdentity, {
  input: identified,
  sentinels: [webIdentityToken],
  fetch,
  invalidInputs: { ...invalidLocations(identified), 'no token': { ...identified, webIdentityToken: '' } },
})

describeCredentialType(
  defineAwsWebIdentity({ type: 'cluster_role', identityToken: async () => webIdentityToken }),
  { input: { ...location, roleArn }, sentinels: [webIdentityToken], fetch },
)
