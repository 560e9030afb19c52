/** A certificate that tells a server who we are, RFC 8446 section 4.4.2, with its key. */
export interface ClientCertificate {
  /** The certificate and what of its chain the server may lack, as PEM. */
  readonly certificate: string
  /** As PEM. */
  readonly privateKey: string
}

/** What the guarded fetch takes besides what every `fetch` does. Any other `fetch` leaves it unread. */
export interface GuardedRequestInit extends RequestInit {
  /** Presented where the server asks for one. Default: none. */
  readonly clientCertificate?: ClientCertificate | undefined
}
