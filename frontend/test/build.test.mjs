/** What is committed is what the build makes, and it runs where it must. */
import assert from 'node:assert/strict';
import { createHash, webcrypto } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { bundle, bundleFile, ceremonyPage, manualWith, OUTPUTS, PAGE } from '../build.mjs';
import { verifyBallot } from '../src/protocol/ballot.js';
import { CODES } from '../src/ceremony/words.js';
import { parseCanonical } from '../src/protocol/json.js';
import { cases } from '../tools/vectors.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const committed = (name) => readFileSync(join(here, '../../static/js', name), 'utf8');

test('the committed scripts are those the build makes', async () => {
  for (const name of Object.keys(OUTPUTS)) {
    assert.ok((await bundle(name)) === committed(name), name + ': run node build.mjs');
  }
  const sha256 = createHash('sha256').update(committed('ballot.bundle.js')).digest('hex');
  assert.equal(committed('ballot.bundle.js.sha256'), sha256 + '  ballot.bundle.js\n');
});

test('the committed page of the trustees is the one the build makes, and forbids all else', async () => {
  const page = readFileSync(join(here, '../../static/offline', PAGE), 'utf8');
  assert.ok((await ceremonyPage()) === page, PAGE + ': run node build.mjs');
  const sha256 = createHash('sha256').update(page).digest('hex');
  const manual = readFileSync(join(here, '../../docs/operations.md'), 'utf8');
  assert.equal(manualWith(sha256), manual, 'the manual names another hash');
  const policy = page.match(/Content-Security-Policy" content="([^"]*)"/)[1];
  assert.match(policy, /^default-src 'none';/);
  for (const element of ['script', 'style']) {
    const [, text] = page.match(new RegExp('<' + element + '[^>]*>([^]*?)</' + element + '>'));
    const digest = createHash('sha256').update(text).digest('base64');
    assert.ok(policy.includes(element + "-src 'sha256-" + digest + "'"), element);
  }
  assert.doesNotMatch(page.replace(/<script[^]*<\/script>/, ''), /https?:|src=|href=|@import|url\(/);
});

test('every refusal of the page has its sentence', () => {
  const source = ['acts', 'files', 'page'].map((name) =>
    readFileSync(join(here, '../src/ceremony', name + '.js'), 'utf8'),
  );
  const thrown = source.join('').match(/new Stop\('[^']+'/g).map((text) => text.slice(10, -1));
  for (const code of thrown) {
    if (!code.endsWith('.')) assert.ok(CODES.includes(code), code);
  }
});

test('a BigInt literal breaks the build', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'build-'));
  try {
    for (const source of ['self.x = 10n ** 5n;', 'self.x = (y) => y * 0x1fn;']) {
      writeFileSync(join(folder, 'entry.js'), source);
      await assert.rejects(bundleFile(join(folder, 'entry.js')), /[Bb]ig ?[Ii]nt/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the committed worker seals and signs where Object.hasOwn is missing', () => {
  const [vector] = cases('05-ballot.json');
  const { manifest, key } = vector;
  const answers = [];
  const self = { postMessage: (message) => answers.push(message) };
  const context = vm.createContext({ self, crypto: webcrypto, TextEncoder, TextDecoder });
  vm.runInContext('delete Object.hasOwn', context);
  vm.runInContext(committed('ballot.bundle.js'), context);
  const ask = (message) => {
    self.onmessage({ data: { id: 1, ...message } });
    const { answer, error } = answers.pop();
    assert.equal(error, undefined);
    return answer;
  };
  const facts = {
    manifest,
    party: 2,
    number: 1,
    previous: '0'.repeat(64),
    mode: 'replacement',
  };
  ask({ act: 'open', facts: { ...facts, key: null } });
  const choices = [[1], [0], null];
  const { tracker } = ask({ act: 'seal', choices });
  assert.match(tracker, /^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/);
  const ballot = parseCanonical(Buffer.from(ask({ act: 'cast' }).ballot));
  assert.notEqual(ballot.key, key);
  verifyBallot(manifest, ballot, { key: ballot.key, number: 1, previous: '0'.repeat(64) });
  self.onmessage({ data: { id: 1, act: 'cast' } });
  assert.equal(answers.pop().error, 'failed', 'a ballot that was cast is gone');
  ask({ act: 'seal', choices });
  assert.equal(JSON.parse(ask({ act: 'test' }).test).format, 'yishi-test-1');
  self.onmessage({ data: { id: 1, act: 'cast' } });
  assert.equal(answers.pop().error, 'failed', 'a ballot that was tested is gone');
});
