/** A user of moto's account, with an access key and a policy of one statement. */
export async function createUser(url: string, name: string, statement: object) {
  await iam(url, { Action: 'CreateUser', UserName: name })
  await iam(url, {
    Action: 'PutUserPolicy',
    UserName: name,
    PolicyName: 'own',
    PolicyDocument: policy(statement),
  })
  const created = await iam(url, { Action: 'CreateAccessKey', UserName: name })
  return {
    accessKeyId: element(created, 'AccessKeyId'),
    secretAccessKey: element(created, 'SecretAccessKey'),
  }
}

/** The ARN of a role of moto's account that anybody may assume, with a policy of one statement. */
export async function createRole(url: string, name: string, statement: object): Promise<string> {
  const anybody = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }
  const created = await iam(url, {
    Action: 'CreateRole',
    RoleName: name,
    AssumeRolePolicyDocument: policy(anybody),
  })
  await iam(url, {
    Action: 'PutRolePolicy',
    RoleName: name,
    PolicyName: 'own',
    PolicyDocument: policy(statement),
  })
  return element(created, 'Arn')
}

/** A bucket of moto's account. */
export async function createBucket(url: string, name: string): Promise<void> {
  await ask('s3', `${url}/${name}`, { method: 'PUT' })
}

function iam(url: string, fields: Record<string, string>): Promise<string> {
  return ask('iam', url, {
    method: 'POST',
    body: new URLSearchParams({ Version: '2010-05-08', ...fields }),
  })
}

// Before authorization is switched on, any key will do: it only says which service is meant.
async function ask(service: string, url: string, init: RequestInit): Promise<string> {
  const credential = `Credential=AKIAUNCHECKED/20260101/us-east-1/${service}/aws4_request`
  const headers = { authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=none` }
  const response = await fetch(url, { ...init, headers })
  const text = await response.text()
  if (!response.ok) throw new Error(`moto refused ${init.method} of ${service}: ${text}`)
  return text
}

function policy(statement: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
}

function element(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]
  if (text === undefined) throw new Error(`moto answered without ${name}`)
  return text
}
