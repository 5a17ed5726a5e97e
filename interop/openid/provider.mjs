// An identity provider of another maker, on this machine alone: whoever types
// a name is that person. Tells on standard output when it is open.
//
//   node provider.mjs MODULES PORT ROOT SECRET

import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, port, root, secret] = process.argv.slice(2);
const require = createRequire(join(modules, 'x.js'));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const key = (kind, options, alg) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: alg,
});
const keys = [
  key('rsa', { modulusLength: 2048 }, 'RS256'),
  key('rsa', { modulusLength: 2048 }, 'PS256'),
  key('ec', { namedCurve: 'P-256' }, 'ES256'),
  key('ed25519', {}, 'EdDSA'),
];
// What each of our entries is called, and how its tokens are signed.
const clients = [
  ['rs256', 'RS256'],
  ['ps256', 'PS256'],
  ['es256', 'ES256'],
  ['eddsa', 'EdDSA'],
  ['assured', 'RS256'],
].map(([name, alg]) => ({
  client_id: name,
  client_secret: secret,
  redirect_uris: [`${root}sign-in/openid/${name}/callback`],
  id_token_signed_response_alg: alg,
}));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  acrValues: ['high'],
  clients,
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
  features: { devInteractions: { enabled: true } },
  jwks: { keys },
  pkce: { required: () => true },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('open'));
