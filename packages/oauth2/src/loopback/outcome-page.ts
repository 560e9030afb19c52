/** What a person's browser shows at the end of its way. Nothing of the callback is on it. */
export function outcomePage(outcome: 'arrived' | 'refused' | 'used' | 'unknown', program: string): string {
  const { title, text } = texts[outcome]
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>body{font:18px/1.5 system-ui,sans-serif;max-width:32em;margin:20vh auto;padding:0 1em;color-scheme:light dark}</style>
<h1>${title}</h1>
<p>${text} You can close this window and go back to ${escaped(program)}.</p>
</html>
`
}

const texts = {
  arrived: { title: 'Thank you', text: 'Your answer has arrived.' },
  refused: { title: 'Not connected', text: 'The account was not connected.' },
  used: { title: 'Already answered', text: 'This page was opened before.' },
  unknown: { title: 'Nothing here', text: 'There is nothing at this address.' },
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

/** No page may be kept, framed, or tell others where the browser came from: its address holds the code. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  connection: 'close',
}
