/**
 * Builds static/js and static/offline from src. `node build.mjs` writes; `node build.mjs --check` compares
 * the bytes with what is committed and fails where they differ.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'static', 'js');
export const OUTPUTS = {
  'vote.js': 'vote.js',
  'check.js': 'check.js',
  'ballot.bundle.js': 'ballot.worker.js',
  'check.bundle.js': 'check.worker.js',
};
/** Where a BigInt literal begins in code: a digit, then `n` ending the number. */
const BIGINT_LITERAL =
  /(?<![\w$."'])(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d+)n(?![\w$])/;

/** The trustees' page: one file, script and style inside, opened from a disk without network. */
export const PAGE = 'yishi-ceremony.html';
const PAGE_AT = join(here, '..', 'static', 'offline', PAGE);
const OPERATIONS = join(here, '..', 'docs', 'operations.md');

export const bundle = (name) => bundleFile(join(here, 'src', OUTPUTS[name]));

const hashOf = (text, encoding) => createHash('sha256').update(text).digest(encoding);

export async function ceremonyPage() {
  const source = (name) => readFileSync(join(here, 'src', 'ceremony', name), 'utf8');
  const script = (await bundleFile(join(here, 'src', 'ceremony', 'page.js'))).trim();
  const style = source('page.css').trim();
  if (/<\/script|<!--/i.test(script)) throw new Error('the script would end its own element');
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${hashOf(script, 'base64')}'`,
    `style-src 'sha256-${hashOf(style, 'base64')}'`,
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const parts = { policy, style, script };
  return source('page.html').replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
}

/** The manual with the page's hash in it. */
export function manualWith(sha256) {
  const line = /^SHA-256 of `yishi-ceremony\.html`: `[0-9a-f]{64}`$/m;
  const text = readFileSync(OPERATIONS, 'utf8');
  if (!line.test(text)) throw new Error('docs/operations.md has no place for the hash');
  return text.replace(line, 'SHA-256 of `yishi-ceremony.html`: `' + sha256 + '`');
}

export async function bundleFile(path) {
  const result = await build({
    entryPoints: [path],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2017',
    charset: 'ascii',
    legalComments: 'inline',
    logLevel: 'silent',
  });
  // esbuild only warns of a BigInt literal below ES2020, and leaves it in: a browser
  // without BigInt would then stop at a syntax error. No warning is let through.
  if (result.warnings.length) {
    throw new Error(path + ': ' + result.warnings.map((warning) => warning.text).join('; '));
  }
  const text = result.outputFiles[0].text;
  if (BIGINT_LITERAL.test(text)) throw new Error(path + ': a BigInt literal');
  return text;
}

async function main(check) {
  const files = {};
  const put = (name, text, folder = out) => (files[join(folder, name)] = text);
  for (const name of Object.keys(OUTPUTS)) put(name, await bundle(name));
  const worker = files[join(out, 'ballot.bundle.js')];
  put('ballot.bundle.js.sha256', hashOf(worker, 'hex') + '  ballot.bundle.js\n');
  files[PAGE_AT] = await ceremonyPage();
  const sha256 = hashOf(files[PAGE_AT], 'hex');
  files[PAGE_AT + '.sha256'] = sha256 + '  ' + PAGE + '\n';
  files[OPERATIONS] = manualWith(sha256);
  let differs = false;
  for (const [path, text] of Object.entries(files)) {
    const name = basename(path);
    if (check) {
      const same = readFileSync(path, 'utf8') === text;
      differs = differs || !same;
      console.log((same ? 'same     ' : 'DIFFERENT') + ' ' + name);
    } else {
      writeFileSync(path, text);
      const bytes = Buffer.from(text);
      console.log(name, bytes.length, 'bytes,', gzipSync(bytes, { level: 9 }).length, 'gzip');
    }
  }
  if (differs) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(process.argv.includes('--check'));
}
