import { ReplyError } from 'ioredis'
import { expect, it } from 'vitest'
import { driverError } from './driver-errors.ts'

it.each([
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'SCHEMA_MISMATCH', 'another type'],
  [
    'ERR Error running script (call to f_0c9e): @user_script:12: WRONGTYPE Operation against a key',
    'SCHEMA_MISMATCH',
    'another type',
  ],
  [
    "ERR Error running script (call to f_0c9e): @user_script: 3: -OOM command not allowed when used memory > 'maxmemory'.",
    'STORAGE_UNAVAILABLE',
    'maxmemory',
  ],
  [
    'ERR Error running script (call to f_0c9e): @user_script:1: attempt to index',
    'STORAGE_UNAVAILABLE',
    'ERR',
  ],
])('understands %j', (reply, code, text) => {
  const error = driverError(new ReplyError(reply), 'redis 127.0.0.1:6379 nebula')
  expect(error).toMatchObject({ code, message: expect.stringContaining(text) })
})
