import { CredentialError } from '@nebula-credential/core'
import { z } from 'zod'

export const objectName = {
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
  /** The object's key. */
  key: z.string().min(1).max(1_024),
}

/**
 * The path of an object: `/bucket/key`, each part percent-encoded.
 * @throws CredentialError INPUT_INVALID for a key with `.` or `..` between slashes, which would become another path
 */
export function objectPath({ bucket, key }: { readonly bucket: string; readonly key: string }): string {
  const parts = key.split('/')
  if (parts.some(part => part === '.' || part === '..')) {
    throw new CredentialError('INPUT_INVALID', 'No URL can name a key that has "." or ".." between slashes', {
      issues: [{ path: 'key', reason: 'must not have "." or ".." between slashes' }],
    })
  }
  return `/${bucket}/${parts.map(encodeURIComponent).join('/')}`
}
