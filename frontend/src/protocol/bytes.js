/** Bytes, lengths and texts (docs/protocol.md §3). */

const UTF8 = new TextEncoder();
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export const utf8 = (text) => UTF8.encode(text);

/** Throws on anything that is not UTF-8; a byte order mark stays in the text. */
export const fromUtf8 = (bytes) => STRICT_UTF8.decode(bytes);

export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function equal(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** An integer below 2^53 as big-endian bytes. */
function unsigned(size, n) {
  if (!Number.isSafeInteger(n) || n < 0 || n >= Math.pow(2, 8 * size)) {
    throw new RangeError('not an unsigned integer of ' + size + ' bytes');
  }
  const out = new Uint8Array(size);
  for (let i = size - 1; i >= 0; i--) {
    out[i] = n % 256;
    n = Math.floor(n / 256);
  }
  return out;
}

export const u32 = (n) => unsigned(4, n);
export const u64 = (n) => unsigned(8, n);

/** Length-prefixed: every part (bytes or text) is preceded by the u32 of its length. */
export function lp(...parts) {
  return concat(
    ...parts.reduce((out, part) => {
      const bytes = typeof part === 'string' ? utf8(part) : part;
      return out.concat([u32(bytes.length), bytes]);
    }, []),
  );
}

/** RFC 4648 §5 without padding. */
export function toBase64url(bytes) {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
    const digits = Math.min(bytes.length - i, 3) + 1;
    for (let d = 0; d < digits; d++) out += ALPHABET[(n >> (18 - 6 * d)) & 63];
  }
  return out;
}

/** Strict: no padding, no foreign character, unused bits zero. */
export function fromBase64url(text) {
  if (typeof text !== 'string' || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    throw new Error('not base64url');
  }
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const char of text) {
    held = ((held << 6) | ALPHABET.indexOf(char)) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 0xff;
    }
  }
  if (held & ((1 << bits) - 1)) throw new Error('not base64url: unused bits are set');
  return out;
}

export function toHex(bytes) {
  return Array.from(bytes, (byte) => (byte < 16 ? '0' : '') + byte.toString(16)).join('');
}

/** A hash in JSON: exactly 64 lower-case hex digits. */
export function fromHash(text) {
  if (typeof text !== 'string' || !/^[0-9a-f]{64}$/.test(text)) throw new Error('not a hash');
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

/** The first 80 bits of a digest in Crockford base32, four groups of four. */
export function trackerText(digest) {
  let out = '';
  for (let i = 0; i < 16; i++) {
    const bit = 5 * i;
    const window = (digest[bit >> 3] << 8) | digest[(bit >> 3) + 1];
    out += (i && i % 4 === 0 ? '-' : '') + CROCKFORD[(window >> (11 - (bit & 7))) & 31];
  }
  return out;
}
