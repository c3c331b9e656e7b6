/**
 * Builds static/js from src. `node build.mjs` writes; `node build.mjs --check` compares
 * the bytes with what is committed and fails where they differ.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

export const bundle = (name) => bundleFile(join(here, 'src', OUTPUTS[name]));

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
  for (const name of Object.keys(OUTPUTS)) files[name] = await bundle(name);
  const sha256 = createHash('sha256').update(files['ballot.bundle.js']).digest('hex');
  files['ballot.bundle.js.sha256'] = sha256 + '  ballot.bundle.js\n';
  let differs = false;
  for (const [name, text] of Object.entries(files)) {
    const path = join(out, name);
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
