/** What a grant that is issued without a browser has. */
export const scopes = ['openid', 'offline_access', 'reports.read', 'reports.write']

/** What the clients may ask for. */
export const allScopes = [...scopes, 'email']
