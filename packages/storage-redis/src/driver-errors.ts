import { CredentialError, isCredentialError } from '@nebula-credential/core'

const movingSlots = 'The cluster is moving slots; try again in a moment'

// The first word of an error reply is its code: https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
const adviceByCode: Readonly<Record<string, string>> = {
  NOAUTH: 'Give the client a password',
  WRONGPASS: 'Give the client the right user and password',
  NOPERM: "Allow the client's user this store's keys, channels and commands",
  READONLY: 'It is a replica; a fail-over may be under way',
  LOADING: 'It is loading its data; try again in a moment',
  OOM: 'It has reached maxmemory; give it more',
  MISCONF: 'It cannot write to its disk; see its log',
  CLUSTERDOWN: 'The cluster does not serve all of its slots',
  MASTERDOWN: 'Its master is down; a fail-over may be under way',
  TRYAGAIN: movingSlots,
  ASK: movingSlots,
  MOVED: movingSlots,
  NOREPLICAS: 'It has fewer replicas than min-replicas-to-write asks for',
  BUSY: 'A script of somebody else keeps it busy',
}

// Before Redis 7, the error of a command that a script calls comes behind the script's own:
// `ERR Error running script (call to f_<hash>): @user_script:12: WRONGTYPE Operation against a key ...`.
const withinScript = /^ERR Error running script .*?@user_script: ?\d+: -?([A-Z]+) /

/** What an error of the driver means to a caller of the server called `name`. Errors of our own pass unchanged. */
export function driverError(error: unknown, name: string): CredentialError {
  if (isCredentialError(error)) return error
  const code = replyCode(error)
  if (code === 'WRONGTYPE') {
    return new CredentialError(
      'SCHEMA_MISMATCH',
      `${name}: a key holds a value of another type, so another program writes under this key prefix. Nothing was overwritten; choose another keyPrefix, or remove that program's keys`,
      { cause: withoutArguments(error) },
    )
  }
  const what = code === undefined ? 'cannot be reached' : `refused with ${code}`
  const advice =
    code === undefined
      ? 'Check that it runs and that its address is right'
      : (adviceByCode[code] ?? 'See the cause')
  return new CredentialError('STORAGE_UNAVAILABLE', `${name} ${what}. ${advice}`, {
    cause: withoutArguments(error),
  })
}

/** The error of a call that was not answered in time. */
export function timeoutError(name: string, timeoutMs: number): CredentialError {
  return new CredentialError(
    'STORAGE_UNAVAILABLE',
    `${name} did not answer within ${timeoutMs} ms. Check that it runs and that its address is right`,
  )
}

function replyCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'ReplyError') {
    const [, code] = withinScript.exec(error.message) ?? /^([A-Z]+)/.exec(error.message) ?? []
    return code ?? 'ERR'
  }
  // A cluster's client that follows no further has the last reply in its text alone.
  return /^Too many Cluster redirections\. Last error: ReplyError: ([A-Z]+)/.exec(error.message)?.[1]
}

// The driver's errors carry the whole command, a password or a sealed state among its arguments; and the server
// repeats the arguments of a command that it does not know.
function withoutArguments(error: unknown): Error {
  const { name = 'Error', message = '', code } = (error ?? {}) as Partial<Error & { code: unknown }>
  const safe = new Error(message.replace(/, with args beginning with:.*/s, ''))
  safe.name = name
  return typeof code === 'string' ? Object.assign(safe, { code }) : safe
}
