/**
 * Verifies an export: `node verify.mjs DIR [--json] [--root HEX] [--key FILE] [--receipt FILE]
 * [--openings FILE]`. The key file holds the board's key in base64url. Exit status 0 only
 * where everything holds.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { verifyExport } from './src/protocol/verifier.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    root: { type: 'string' },
    key: { type: 'string' },
    receipt: { type: 'string' },
    openings: { type: 'string' },
  },
});
if (positionals.length !== 1) {
  console.error(
    'usage: node verify.mjs DIR [--json] [--root HEX] [--key FILE] [--receipt FILE] [--openings FILE]',
  );
  process.exit(2);
}
const [folder] = positionals;
const files = {};
for (const name of readdirSync(folder))
  files[name] = new Uint8Array(readFileSync(join(folder, name)));
const options = { root: values.root };
if (values.key) options.key = readFileSync(values.key, 'ascii').trim();
if (values.receipt) options.receipt = JSON.parse(readFileSync(values.receipt, 'utf8'));
if (values.openings) options.openings = new Uint8Array(readFileSync(values.openings));
const report = verifyExport(files, options);
if (values.json) console.log(JSON.stringify(report));
else {
  for (const { name, ok, detail } of report.checks) {
    console.log((ok ? 'ok      ' : 'REFUSED ') + name.padEnd(20) + detail);
  }
  for (const name of report.not_checked) console.log('not checked: ' + name);
  for (const { motion, heads, area } of report.results) {
    for (const option of Object.keys(heads)) {
      console.log(motion + '  ' + option + ': ' + heads[option] + ', ' + area[option] + ' m2');
    }
  }
  console.log(report.ok ? 'verified' : 'NOT verified');
}
process.exitCode = report.ok ? 0 : 1;
