/** Secrets under a passphrase (docs/protocol.md §14, "Key file"). */
import { gcm } from '@noble/ciphers/aes.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { concat, fromBase64url, toBase64url, utf8 } from './bytes.js';
import { Refused } from './errors.js';
import { canonicalBytes, hasExactly, parseCanonical } from './json.js';
import { randomBytes } from './suite.js';

export const COST = Math.pow(2, 17); // of scrypt: 128 MiB and about a second
const LEAST = Math.pow(2, 14);
const MOST = Math.pow(2, 18);
const NONCE = 12;
const LINE_FEED = Uint8Array.of(10);

/** Canonical form and one line feed, as every file of §14. */
export const fileOf = (value) => concat(canonicalBytes(value), LINE_FEED);

/** The value of such a file. Throws Refused("canonical", …). */
export function valueOf(bytes, most) {
  if (!bytes.length || bytes[bytes.length - 1] !== 10) {
    throw new Refused('canonical', 'the last line is cut');
  }
  return parseCanonical(bytes.subarray(0, -1), most);
}

function stretch(passphrase, { salt, n }) {
  const plain = utf8(passphrase.normalize('NFC'));
  return scrypt(plain, fromBase64url(salt), { N: n, r: 8, p: 1, dkLen: 32 });
}

/** The bytes of a key file. `random` gives so many bytes: the salt, then the nonce. */
export function sealFile(format, value, passphrase, cost, random) {
  const draw = random || randomBytes;
  const head = { format, n: cost || COST, salt: toBase64url(draw(16)) };
  const nonce = draw(NONCE);
  const key = stretch(passphrase, head);
  const sealed = gcm(key, nonce, canonicalBytes(head)).encrypt(canonicalBytes(value));
  return fileOf(Object.assign({}, head, { sealed: toBase64url(concat(nonce, sealed)) }));
}

/**
 * What a key file holds. Throws Refused: "canonical" (cut or edited), "keyfile" (not one),
 * "passphrase" (or changed).
 */
export function openFile(bytes, format, passphrase) {
  const value = valueOf(bytes, 64 * 1024);
  const head = readHead(value, format);
  let sealed = null;
  try {
    sealed = fromBase64url(value.sealed);
  } catch (_) {
    throw new Refused('keyfile', 'sealed');
  }
  try {
    const key = stretch(passphrase, head);
    const plain = gcm(key, sealed.subarray(0, NONCE), canonicalBytes(head)).decrypt(
      sealed.subarray(NONCE),
    );
    return parseCanonical(plain);
  } catch (_) {
    throw new Refused('passphrase', 'not opened');
  }
}

function readHead(value, format) {
  if (!hasExactly(value, ['format', 'n', 'salt', 'sealed']) || value.format !== format) {
    throw new Refused('keyfile', 'fields or format');
  }
  const { n, salt } = value;
  const power = Number.isSafeInteger(n) && n >= LEAST && n <= MOST && (n & (n - 1)) === 0;
  let size = 0;
  try {
    size = fromBase64url(salt).length;
  } catch (_) {
    // refused below
  }
  if (!power || size !== 16) throw new Refused('keyfile', 'n or salt');
  return { format, n, salt };
}
