/**
 * What the trustees' page would let a trustee open: reads from standard input a list of
 * `{folder, key, passphrase, now}` and prints for each "open" or the code of the refusal.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTS, stopOf } from '../src/ceremony/acts.js';

const bytes = (path) => new Uint8Array(readFileSync(path));
for (const { folder, key, passphrase, now } of JSON.parse(readFileSync(0, 'utf8'))) {
  const files = {};
  for (const name of readdirSync(folder)) files[name] = bytes(join(folder, name));
  try {
    ACTS.examine({ files, key: bytes(key), passphrase, now });
    console.log('open');
  } catch (error) {
    const stop = stopOf(error);
    console.log(stop.code === 'unverified' ? 'unverified ' + stop.facts.name : stop.code);
  }
}
