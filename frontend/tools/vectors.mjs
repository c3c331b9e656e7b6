/** Reads the shared vectors; the tests and the vector writer use the same helpers. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../../tests/vectors');

export function cases(name) {
  return JSON.parse(readFileSync(join(FOLDER, name), 'utf8')).cases;
}

export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const fromHex = (text) => new Uint8Array(Buffer.from(text, 'hex'));
export const scalar = (text) => BigInt('0x' + text);
export const scalarHex = (n) => n.toString(16).padStart(64, '0');

/** Gives the recorded draws in turn; `left` says how many were not asked for. */
export function replay(draws) {
  const values = draws.map(scalar);
  const draw = () => {
    if (!values.length) throw new Error('more draws than recorded');
    return values.shift();
  };
  draw.left = () => values.length;
  return draw;
}
