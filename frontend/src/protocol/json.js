/** RFC 8785, narrowed as in docs/protocol.md §3. */
import { fromUtf8, utf8 } from './bytes.js';
import { Refused } from './errors.js';

export const MAX_LINE = 4 * 1024 * 1024;
export const MAX_BALLOT = 256 * 1024;
const MAX_DEPTH = 16;
const LONE_SURROGATE = /[\uD800-\uDFFF]/u;

function text(value) {
  if (LONE_SURROGATE.test(value)) throw new Error('a lone surrogate');
  return JSON.stringify(value);
}

/** The canonical text of a value; refuses what the protocol does not know. */
export function canonical(value) {
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {
      throw new Error('a number that is not an integer from 0 to 2^53-1');
    }
    return String(value);
  }
  if (Array.isArray(value)) return '[' + value.map(canonical).join(',') + ']';
  if (typeof value === 'object') {
    // The default sort compares UTF-16 code units, as RFC 8785 §3.2.3 asks.
    const members = Object.keys(value)
      .sort()
      .map((key) => text(key) + ':' + canonical(value[key]));
    return '{' + members.join(',') + '}';
  }
  throw new Error('a value that is not JSON');
}

export const canonicalBytes = (value) => utf8(canonical(value));

/** Depth of the brackets outside texts: enough to refuse before the parser recurses. */
function refuseDeep(bytes) {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i];
    if (quoted) {
      if (c === 0x5c) i++;
      else if (c === 0x22) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x5b || c === 0x7b) {
      if (++depth > MAX_DEPTH) throw new Error('nested more than ' + MAX_DEPTH + ' deep');
    } else if (c === 0x5d || c === 0x7d) depth--;
  }
}

/**
 * The value of bytes that are their own canonical form: this also refuses a key
 * that occurs twice, `1.0`, `-0`, white space and a foreign order of keys.
 */
export function parseCanonical(bytes, limit) {
  try {
    if (bytes.length > (limit || MAX_LINE)) throw new Error('too long');
    refuseDeep(bytes);
    const source = fromUtf8(bytes);
    const value = JSON.parse(source);
    if (canonical(value) !== source) throw new Error('not in canonical form');
    return value;
  } catch (error) {
    throw new Refused('canonical', error.message);
  }
}

/** True where `value` is an object with exactly these fields. */
export function hasExactly(value, fields) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length === fields.length && fields.every((f) => keys.indexOf(f) >= 0);
}
