const latestInstant = 8.64e15
const httpDate = /^(mon|tue|wed|thu|fri|sat|sun)/i

/**
 * The instant, in epoch ms, that a Retry-After header names: RFC 9110 section 10.2.3, seconds or an HTTP date.
 * Never before `now`; undefined when there is no header or it is malformed.
 */
export function parseRetryAfter(value: string | null | undefined, now: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(now + Number(text) * 1000, latestInstant)
  if (!httpDate.test(text)) return undefined
  // The obsolete asctime form has no zone, and means GMT.
  const instant = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(instant) ? undefined : Math.max(instant, now)
}
