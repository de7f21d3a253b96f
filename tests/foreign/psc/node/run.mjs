// openid-client with its default strict checks: discovery, code + PKCE, id_token, userinfo, refresh, logout.
//
// Told by the environment: ISSUER, CA, CLIENT_ID, CALLBACK, AFTER_LOGOUT, ID_NAT, and either CLIENT_SECRET, or CERT and
// KEY (mutual TLS). Prints one JSON line. WRONG_NONCE=1 makes the library expect another nonce than it asked for.
import { readFileSync } from 'node:fs'
import * as client from 'openid-client'
import { Agent, fetch } from 'undici'

const told = process.env
const ca = readFileSync(told.CA)
const browser = new Agent({ connect: { ca } })
const mutual = told.CERT ? new Agent({ connect: { ca, cert: readFileSync(told.CERT), key: readFileSync(told.KEY) } }) : browser

const options = { [client.customFetch]: (url, init) => fetch(url, { ...init, dispatcher: mutual }) }
const authentication = told.CLIENT_SECRET ? client.ClientSecretBasic(told.CLIENT_SECRET) : client.TlsClientAuth()
const config = await client.discovery(new URL(told.ISSUER), told.CLIENT_ID, {}, authentication, options)

const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const nonce = client.randomNonce()
const address = client.buildAuthorizationUrl(config, {
  redirect_uri: told.CALLBACK,
  scope: 'openid scope_all',
  acr_values: 'eidas1',
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
})

// The professional: the login page's form, with the cookies of one browser.
const page = await fetch(address, { dispatcher: browser, redirect: 'manual' })
const text = await page.text()
const action = /<form method="post" action="([^"]+)"/.exec(text)
const attempt = /name="attempt" value="([^"]+)"/.exec(text)
if (!action || !attempt) throw new Error(`no login page: ${page.status} ${page.headers.get('location')} ${text.slice(0, 200)}`)
const cookies = page.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ')
const pressed = await fetch(new URL(action[1].replaceAll('&amp;', '&'), address), {
  method: 'POST',
  body: new URLSearchParams({ attempt: attempt[1], id_nat: told.ID_NAT }),
  headers: { cookie: cookies },
  dispatcher: browser,
  redirect: 'manual',
})
const back = new URL(pressed.headers.get('location'))

const tokens = await client.authorizationCodeGrant(config, back, {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: told.WRONG_NONCE ? 'another' : nonce,
  idTokenExpected: true,
})
const claims = tokens.claims()
const who = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
const fresh = await client.refreshTokenGrant(config, tokens.refresh_token)
const alive = await client.fetchUserInfo(config, fresh.access_token, claims.sub)

const leaving = client.buildEndSessionUrl(config, { id_token_hint: fresh.id_token, post_logout_redirect_uri: told.AFTER_LOGOUT, state: 'gone' })
const left = await fetch(leaving, { dispatcher: browser, redirect: 'manual' })
let dead = ''
try {
  await client.fetchUserInfo(config, fresh.access_token, claims.sub)
} catch (error) {
  dead = `${error.code ?? error.name} ${error.status ?? error.cause?.[0]?.parameters?.error ?? ''}`.trim()
}
console.log(JSON.stringify({
  issuer: claims.iss,
  acr: claims.acr,
  idNat: claims.SubjectNameID,
  name: who.family_name,
  refreshed: fresh.access_token !== tokens.access_token && alive.sub === claims.sub,
  left: left.headers.get('location'),
  dead,
}))
await Promise.all([browser.close(), mutual.close()])
