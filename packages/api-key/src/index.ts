export { apiKey } from './api-key.ts'
export type { ApiKeyPlacement } from './api-key-placement.ts'
export { type ApiKeyDefinition, defineApiKey } from './define-api-key.ts'
