/**
 * Verifies exports with the committed static/js/check.bundle.js, as the check page's worker
 * does, without any package installed: `node tools/check-with-bundle.mjs DIR…` prints one
 * report per line as JSON.
 */
import { webcrypto } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const here = dirname(fileURLToPath(import.meta.url));
const answers = [];
const self = { postMessage: (message) => answers.push(message) };
const context = vm.createContext({
  self,
  crypto: webcrypto,
  TextEncoder,
  TextDecoder,
  Uint8Array,
});
vm.runInContext(readFileSync(join(here, '../../static/js/check.bundle.js'), 'utf8'), context);
for (const folder of process.argv.slice(2)) {
  const files = {};
  for (const name of readdirSync(folder)) {
    files[name] = new Uint8Array(readFileSync(join(folder, name)));
  }
  self.onmessage({ data: { id: 1, act: 'export', files } });
  console.log(JSON.stringify(answers.pop().answer));
}
