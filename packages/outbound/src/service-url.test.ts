import { expect, it } from 'vitest'
import { isServiceUrl } from './service-url.ts'

it.each(['https://api.example', 'http://127.0.0.1:8080/', 'https://api.example/v3/a%20b'])(
  'takes %s',
  url => {
    expect(isServiceUrl(url)).toBe(true)
  },
)

it.each([
  '',
  'api.example',
  '/v3',
  'ftp://api.example',
  'javascript:alert(1)',
  'https://user@api.example',
  'https://:password@api.example',
  'https://api.example/?key=x',
  'https://api.example?',
  'https://api.example/#',
])('refuses "%s"', url => {
  expect(isServiceUrl(url)).toBe(false)
})
