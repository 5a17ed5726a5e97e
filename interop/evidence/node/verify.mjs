// Verifies one bundle with the npm package @sigstore/verify.
//
//   node verify.mjs NODE_MODULES TRUSTED_ROOT BUNDLE IDENTITY ISSUER
//
// Exits 0 where the bundle is accepted; where it is refused, exits 1 and says
// `refused: <reason>` on standard error. The package does not look at the artifact that a
// statement is about: that is left to its caller, and not done here.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, rootFile, bundleFile, identity, issuer] = process.argv.slice(2);
if (!issuer) {
  console.error('five arguments: NODE_MODULES TRUSTED_ROOT BUNDLE IDENTITY ISSUER');
  process.exit(2);
}
const require = createRequire(path.join(path.resolve(modules), 'here.js'));
const { bundleFromJSON } = require('@sigstore/bundle');
const { TrustedRoot } = require('@sigstore/protobuf-specs');
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');

const json = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const [root, bundle] = [json(rootFile), json(bundleFile)];
try {
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root)), {
    ctlogThreshold: 1,
    tlogThreshold: 1,
    timestampThreshold: 1,
  });
  verifier.verify(toSignedEntity(bundleFromJSON(bundle)), {
    subjectAlternativeName: identity,
    extensions: { issuer },
  });
} catch (error) {
  console.error(`refused: ${error.code ?? error.name}: ${error.message}`);
  process.exit(1);
}
