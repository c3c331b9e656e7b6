/**
 * Writes the export of a small counted vote to a folder: `node tools/write-board.mjs DIR [SUITE]`.
 * Beside it come DIR.receipt.json, DIR.test.json (a tested ballot) and DIR.key: what a voter holds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NO_PREVIOUS, seal } from '../src/protocol/ballot.js';
import { fromBase64url } from '../src/protocol/bytes.js';
import { election, question, Session } from './session.mjs';

const [folder, suite] = process.argv.slice(2);
const motions = [
  question('m1'),
  question('m2', { requires: ['m1'] }),
  question('e1', election(['a', 'b', 'c'], 2)),
];
const session = new Session({ suite, motions, parties: 5, threshold: 2, trustees: 3 });
const chosen = {
  1: [[0], [0], [0, 1]],
  2: [[0], [0], [1, 2]],
  3: [[1], [0], []],
  4: [[0], [0], [0, 1]],
  5: [[0], [2], null],
};
session.cast(2, [[1], null, []], 'server');
[1, 3, 4, 5].forEach((party) => session.cast(party, chosen[party]));
const receipt = session.cast(2, chosen[2]);
session.checkpoint();
const { test } = seal({
  manifest: session.manifest,
  party: 1,
  key: fromBase64url(session.roll[0].key),
  number: 1,
  previous: NO_PREVIOUS,
  choices: chosen[1],
  encryptedBy: 'browser',
});
const files = session.count(chosen, [5]);
mkdirSync(folder, { recursive: true });
for (const name of Object.keys(files)) writeFileSync(join(folder, name), files[name]);
writeFileSync(folder + '.receipt.json', JSON.stringify(receipt));
writeFileSync(folder + '.test.json', JSON.stringify(test));
writeFileSync(folder + '.key', session.manifest.board_key + '\n');
