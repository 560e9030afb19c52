import { airtable } from './airtable.ts'
import { amazon } from './amazon.ts'
import { asana } from './asana.ts'
import { atlassian } from './atlassian.ts'
import { auth0 } from './auth0.ts'
import { bitbucket } from './bitbucket.ts'
import { box } from './box.ts'
import { calendly } from './calendly.ts'
import { canva } from './canva.ts'
import { clickup } from './clickup.ts'
import { digitalocean } from './digitalocean.ts'
import { discord } from './discord.ts'
import { docusign } from './docusign.ts'
import { dropbox } from './dropbox.ts'
import { facebook } from './facebook.ts'
import { figma } from './figma.ts'
import { freshbooks } from './freshbooks.ts'
import { gitea } from './gitea.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { harvest } from './harvest.ts'
import { hubspot } from './hubspot.ts'
import { intercom } from './intercom.ts'
import { keycloak } from './keycloak.ts'
import { linear } from './linear.ts'
import { linkedin } from './linkedin.ts'
import { mailchimp } from './mailchimp.ts'
import { mastodon } from './mastodon.ts'
import { microsoft } from './microsoft.ts'
import { miro } from './miro.ts'
import { monday } from './monday.ts'
import { notion } from './notion.ts'
import { okta } from './okta.ts'
import { pinterest } from './pinterest.ts'
import { pipedrive } from './pipedrive.ts'
import { quickbooks } from './quickbooks.ts'
import { reddit } from './reddit.ts'
import { salesforce } from './salesforce.ts'
import { shopify } from './shopify.ts'
import { slack } from './slack.ts'
import { slackUser } from './slack-user.ts'
import { spotify } from './spotify.ts'
import { square } from './square.ts'
import { strava } from './strava.ts'
import { stripe } from './stripe.ts'
import { twitch } from './twitch.ts'
import { typeform } from './typeform.ts'
import { webex } from './webex.ts'
import { wrike } from './wrike.ts'
import { x } from './x.ts'
import { xero } from './xero.ts'
import { zendesk } from './zendesk.ts'
import { zoho } from './zoho.ts'
import { zoom } from './zoom.ts'

/** Every provider that is known, by name. */
export const catalogue = {
  airtable,
  amazon,
  asana,
  atlassian,
  auth0,
  bitbucket,
  box,
  calendly,
  canva,
  clickup,
  digitalocean,
  discord,
  docusign,
  dropbox,
  facebook,
  figma,
  freshbooks,
  gitea,
  github,
  gitlab,
  google,
  harvest,
  hubspot,
  intercom,
  keycloak,
  linear,
  linkedin,
  mailchimp,
  mastodon,
  microsoft,
  miro,
  monday,
  notion,
  okta,
  pinterest,
  pipedrive,
  quickbooks,
  reddit,
  salesforce,
  shopify,
  slack,
  slackUser,
  spotify,
  square,
  strava,
  stripe,
  twitch,
  typeform,
  webex,
  wrike,
  x,
  xero,
  zendesk,
  zoho,
  zoom,
}
