/**
 * SM3 (GB/T 32905-2016) on noble's Merkle-Damgård frame, which it shares with
 * SHA-256: 64-byte blocks, 32-byte hash, 64-bit big-endian length.
 */
import { HashMD } from '@noble/hashes/_md.js';
import { createHasher } from '@noble/hashes/utils.js';

const IV = Uint32Array.of(
  0x7380166f,
  0x4914b2b9,
  0x172442d7,
  0xda8a0600,
  0xa96f30bc,
  0x163138aa,
  0xe38dee4d,
  0xb0fb0e4e,
);
const W = new Uint32Array(68);

const rotl = (x, n) => (x << n) | (x >>> (32 - n));
const p0 = (x) => x ^ rotl(x, 9) ^ rotl(x, 17);
const p1 = (x) => x ^ rotl(x, 15) ^ rotl(x, 23);

/** T_j rotated by j (§4.2, §5.3.3). */
const T = Uint32Array.from({ length: 64 }, (_, j) =>
  rotl(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32),
);

class SM3 extends HashMD {
  constructor() {
    super(64, 32, 8, false);
    this.V = Uint32Array.from(IV);
  }

  get() {
    return Array.from(this.V);
  }

  set(...words) {
    this.V.set(words);
  }

  process(view, offset) {
    for (let j = 0; j < 16; j++, offset += 4) W[j] = view.getUint32(offset, false);
    for (let j = 16; j < 68; j++) {
      W[j] = p1(W[j - 16] ^ W[j - 9] ^ rotl(W[j - 3], 15)) ^ rotl(W[j - 13], 7) ^ W[j - 6];
    }
    let [a, b, c, d, e, f, g, h] = this.V;
    for (let j = 0; j < 64; j++) {
      const a12 = rotl(a, 12);
      const ss1 = rotl((a12 + e + T[j]) | 0, 7);
      const ss2 = ss1 ^ a12;
      const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
      const tt1 = (ff + d + ss2 + (W[j] ^ W[j + 4])) | 0;
      const tt2 = (gg + h + ss1 + W[j]) | 0;
      d = c;
      c = rotl(b, 9);
      b = a;
      a = tt1;
      h = g;
      g = rotl(f, 19);
      f = e;
      e = p0(tt2);
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      this.V[i] ^= word;
    });
  }

  roundClean() {
    W.fill(0);
  }

  destroy() {
    this.destroyed = true;
    this.V.fill(0);
    this.buffer.fill(0);
  }

  _cloneInto(to) {
    const copy = to || new SM3();
    copy.V.set(this.V);
    return this._cloneIntoMeta(copy);
  }
}

export const sm3 = /* @__PURE__ */ createHasher(() => new SM3());
