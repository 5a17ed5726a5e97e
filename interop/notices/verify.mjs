// Asks the npm package `standardwebhooks` about messages: one JSON list of
// [secret, headers, body, seconds that have passed since] on standard input,
// one of answers on standard output.
//
//   node verify.mjs MODULES

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [modules] = process.argv.slice(2);
const { Webhook } = createRequire(join(modules, 'x.js'))('standardwebhooks');

const now = Date.now;
const answers = JSON.parse(readFileSync(0, 'utf8')).map(([secret, headers, body, passed]) => {
  Date.now = () => now() + passed * 1000;
  try {
    new Webhook(secret).verify(body, headers);
    return 'verified';
  } catch (error) {
    return `refused: ${error.message}`;
  }
});
console.log(JSON.stringify(answers));
