/**
 * `edited`: an entry is not as it was written; `gap`: entries are missing before it; `reordered`: it stands in the
 * wrong place, or twice; `truncated`: entries are missing at the end; `unknown_key`: it was hashed with a key that is
 * not the store's; `malformed`: it is no audit entry.
 */
export type AuditFindingKind = 'edited' | 'gap' | 'reordered' | 'truncated' | 'unknown_key' | 'malformed'

/** Something wrong with the audit. */
export interface AuditFinding {
  readonly chain: string
  readonly sequence: number
  readonly kind: AuditFindingKind
  /** What was found, for people. Never carries event text. */
  readonly detail: string
}
