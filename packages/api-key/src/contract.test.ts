import { describeCredentialType } from '@nebula-credential/testing'
import { apiKey } from './api-key.ts'
import { defineApiKey } from './define-api-key.ts'

const key = 'key-sentinel'

describeCredentialType(apiKey, {
  input: { key, placement: { in: 'header', name: 'X-API-Key' } },
  sentinels: [key],
  invalidInputs: {
    'an empty key': { key: '' },
    'a key with a line break': { key: `${key}\nX-Admin: 1` },
    'an unknown place': { key, placement: { in: key } },
  },
})

describeCredentialType(defineApiKey({ type: 'weather_key', pattern: /^key-/ }), {
  input: { key },
  sentinels: [key],
  invalidInputs: { 'a key of another service': { key: `other-${key}` } },
})
