/** The two suites of docs/protocol.md §2 and what depends on their group and hash (§3). */
import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js';
import { weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { p256 } from '@noble/curves/nist.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, utf8 } from './bytes.js';
import { sm3 } from './sm3.js';

export const ZERO = BigInt(0);
export const WINDOW = 4;

/** sm2p256v1, the recommended parameters of GB/T 32918.5-2017. */
const SM2 = {
  p: BigInt('0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff'),
  n: BigInt('0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123'),
  h: BigInt(1),
  a: BigInt('0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc'),
  b: BigInt('0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93'),
  Gx: BigInt('0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7'),
  Gy: BigInt('0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0'),
};

export function bytesToInt(bytes) {
  let hex = '0x0';
  for (const byte of bytes) hex += (byte < 16 ? '0' : '') + byte.toString(16);
  return BigInt(hex);
}

export function randomBytes(n) {
  return globalThis.crypto.getRandomValues(new Uint8Array(n));
}

class Suite {
  constructor(name, Point, hash) {
    this.name = name;
    this.Point = Point;
    // A page seals one or two ballots: with some 40 multiplications a smaller table of G
    // is paid back sooner than noble's own choice (window 6).
    this.G = Point.BASE.precompute(WINDOW);
    this.identity = Point.ZERO;
    this.q = Point.Fn.ORDER;
    this.hash = hash;
  }

  mod(n) {
    const r = n % this.q;
    return r < ZERO ? r + this.q : r;
  }

  /** A uniform scalar from 1 to q-1. */
  random() {
    const n = this.mod(bytesToInt(randomBytes(48)));
    return n === ZERO ? this.random() : n;
  }

  /** kP in constant time, for secret k. */
  mul(P, k) {
    return k === ZERO || P === this.identity ? this.identity : P.multiply(k);
  }

  /** Σ kP for public scalars: see `msm`. */
  sum(points, scalars) {
    return msm(this.Point, points, scalars);
  }

  scalar(tag, data) {
    const dst = utf8('YISHI-1-' + this.name + '-' + tag);
    return this.mod(bytesToInt(expand_message_xmd(data, dst, 48, this.hash)));
  }

  /** HKDF (RFC 5869) to 48 bytes, mod q. */
  derive(salt, input, info) {
    return this.mod(bytesToInt(hkdf(this.hash, input, utf8(salt), utf8(info), 48)));
  }

  /** 65 bytes `04 ‖ x ‖ y` on the curve, nothing else. */
  point(bytes) {
    if (bytes.length !== 65 || bytes[0] !== 4) throw new Error('not an uncompressed point');
    return this.Point.fromBytes(bytes);
  }

  /** A point or the identity as `00`: aggregates and partial decryptions only. */
  aggregate(bytes) {
    return bytes.length === 1 && bytes[0] === 0 ? this.identity : this.point(bytes);
  }

  encode(P) {
    return P.toBytes(false);
  }

  encodeAggregate(P) {
    return P.is0() ? Uint8Array.of(0) : this.encode(P);
  }

  /** 32 bytes big-endian, below q. */
  readScalar(bytes) {
    const n = bytesToInt(bytes);
    if (bytes.length !== 32 || n >= this.q) throw new Error('not a scalar below q');
    return n;
  }

  encodeScalar(n) {
    const hex = n.toString(16).padStart(64, '0');
    return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  }
}

const P256 = /* @__PURE__ */ new Suite('P256-SHA256', p256.Point, sha256);
let sm2Suite = null;

/** The suite of this name. SM2's tables are made when first asked for. */
export function suiteNamed(name) {
  if (name === 'P256-SHA256') return P256;
  if (name === 'SM2-SM3') {
    sm2Suite = sm2Suite || new Suite('SM2-SM3', weierstrass(SM2), sm3);
    return sm2Suite;
  }
  throw new Error('unknown suite');
}

/** Signed digits of k to base 2^c, least significant first, each in [-2^(c-1), 2^(c-1)]. */
function signedDigits(k, c) {
  const bytes = intToBytes(k);
  const size = 1 << c;
  const out = [];
  let held = 0;
  let bits = 0;
  let at = bytes.length - 1;
  let carry = 0;
  while (at >= 0 || bits > 0 || carry) {
    while (bits < c && at >= 0) {
      held |= bytes[at--] << bits;
      bits += 8;
    }
    let digit = (held & (size - 1)) + carry;
    held >>>= c;
    bits = Math.max(0, bits - c);
    carry = digit > size / 2 ? 1 : 0;
    if (carry) digit -= size;
    out.push(digit);
  }
  return out;
}

function intToBytes(n) {
  let hex = n.toString(16);
  if (hex.length % 2) hex = '0' + hex;
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
}

/**
 * Σ kP by buckets (Pippenger's method) with signed digits. Variable time: only for
 * public points and scalars. A scalar of 128 bits costs half of one of 256.
 */
export function msm(Point, points, scalars) {
  let best = 1;
  const cost = (c) => Math.ceil(257 / c) * (points.length + (1 << c));
  for (let c = 2; c <= 16; c++) if (cost(c) < cost(best)) best = c;
  const digits = scalars.map((k) => signedDigits(k, best));
  const windows = digits.reduce((n, d) => Math.max(n, d.length), 0);
  let total = Point.ZERO;
  for (let w = windows - 1; w >= 0; w--) {
    for (let i = 0; i < best; i++) total = total.double();
    const buckets = new Array((1 << (best - 1)) + 1).fill(null);
    for (let i = 0; i < points.length; i++) {
      const digit = digits[i][w];
      if (!digit) continue;
      const at = Math.abs(digit);
      const P = digit < 0 ? points[i].negate() : points[i];
      buckets[at] = buckets[at] ? buckets[at].add(P) : P;
    }
    let running = Point.ZERO;
    let window = Point.ZERO;
    for (let b = buckets.length - 1; b > 0; b--) {
      if (buckets[b]) running = running.add(buckets[b]);
      window = window.add(running);
    }
    total = total.add(window);
  }
  return total;
}

export function hashOf(suite, ...parts) {
  return suite.hash(concat(...parts));
}
