/** Schnorr and OR proofs (docs/protocol.md §§5, 6): made here, checked as equations. */
import { concat, lp, u32 } from './bytes.js';
import { Refused } from './errors.js';
import { randomBytes, bytesToInt, ZERO } from './suite.js';

const ONE = BigInt(1);
export const POINT = 65;
export const SCALAR = 32;
export const SCHNORR = POINT + SCALAR;

/** schnorr(tag, k, K, message) of §5. `draw` gives the next random scalar. */
export function proveKey(suite, tag, k, message, draw) {
  const K = suite.encode(suite.mul(suite.G, k));
  const w = draw();
  const R = suite.encode(suite.mul(suite.G, w));
  const e = suite.scalar(tag, lp(K, R, message));
  return concat(R, suite.encodeScalar(suite.mod(w + e * k)));
}

/** The equation of a Schnorr proof: sG - R - eK is the identity. */
export function keyEquation(suite, tag, K, message, proof) {
  if (proof.length !== SCHNORR) throw new Error('a proof of a key has 97 bytes');
  const R = suite.point(proof.subarray(0, POINT));
  const s = suite.readScalar(proof.subarray(POINT));
  const e = suite.scalar(tag, lp(suite.encode(K), proof.subarray(0, POINT), message));
  return [
    [suite.G, s],
    [R, -ONE],
    [K, -e],
  ];
}

/**
 * P(tag, A, B, lo…hi) of §6 for A = rG, B = rY + mG. Every commitment is made from the
 * fixed bases G and Y alone: with A and B put in, s_vG - c_vA = (s_v - c_v r)G and
 * s_vY - c_v(B - vG) = (s_v - c_v r)Y - c_v(m - v)G.
 */
export function proveRange(suite, tag, statement, draw) {
  const { Y, r, m, lo, hi, ctx, motion, option } = statement;
  const c = [];
  const s = [];
  const commitments = [];
  let w = ZERO;
  for (let v = lo; v <= hi; v++) {
    const at = v - lo;
    if (v === m) {
      w = draw();
      commitments.push(suite.mul(suite.G, w), suite.mul(Y, w));
      continue;
    }
    c[at] = draw();
    s[at] = draw();
    const t = suite.mod(s[at] - c[at] * r);
    const shift = suite.mod(c[at] * BigInt(m - v));
    commitments.push(
      suite.mul(suite.G, t),
      suite.mul(Y, t).subtract(suite.mul(suite.G, shift)),
    );
  }
  const T = concat(...commitments.map((P) => suite.encode(P)));
  const e = suite.scalar(tag, lp(ctx, u32(motion), u32(option), T));
  const others = c.reduce((sum, value) => sum + value, ZERO);
  c[m - lo] = suite.mod(e - others);
  s[m - lo] = suite.mod(w + c[m - lo] * r);
  const scalars = c.slice(0, -1).concat(s);
  return concat(T, ...scalars.map((n) => suite.encodeScalar(n)));
}

/** Bytes of a range proof over n values. */
export const rangeSize = (n) => n * 2 * POINT + (2 * n - 1) * SCALAR;

/** Points and scalars of a range proof, refused if any is malformed. */
export function readRange(suite, lo, hi, bytes) {
  const n = hi - lo + 1;
  if (bytes.length !== rangeSize(n)) throw new Error('a proof of the wrong length');
  const points = [];
  for (let i = 0; i < 2 * n; i++) {
    points.push(suite.point(bytes.subarray(i * POINT, (i + 1) * POINT)));
  }
  const scalars = [];
  for (let at = 2 * n * POINT; at < bytes.length; at += SCALAR) {
    scalars.push(suite.readScalar(bytes.subarray(at, at + SCALAR)));
  }
  return {
    lo,
    T: bytes.subarray(0, 2 * n * POINT),
    points,
    c: scalars.slice(0, n - 1),
    s: scalars.slice(n - 1),
  };
}

/**
 * Two equations per value. `A` and `B` are lists of points whose sums are proved, so
 * that the sum proof of a motion needs no points but those already there.
 */
export function rangeEquations(suite, tag, statement, proof) {
  const { Y, A, B, ctx, motion, option } = statement;
  const e = suite.scalar(tag, lp(ctx, u32(motion), u32(option), proof.T));
  const sent = proof.c.reduce((sum, value) => sum + value, ZERO);
  const c = proof.c.concat([suite.mod(e - sent)]);
  return c.reduce((out, cv, i) => {
    const v = BigInt(proof.lo + i);
    const s = proof.s[i];
    out.push(
      [
        [suite.G, s],
        [proof.points[2 * i], -ONE],
      ].concat(A.map((P) => [P, -cv])),
      [
        [Y, s],
        [suite.G, cv * v],
        [proof.points[2 * i + 1], -ONE],
      ].concat(B.map((P) => [P, -cv])),
    );
    return out;
  }, []);
}

/** True where every equation Σ kP = 0 holds, each under its own fresh 128-bit weight. */
export function allHold(suite, equations) {
  const coefficients = new Map();
  for (const equation of equations) {
    const weight = bytesToInt(randomBytes(16));
    for (const [P, k] of equation) {
      coefficients.set(P, (coefficients.get(P) || ZERO) + weight * k);
    }
  }
  const points = [];
  const scalars = [];
  for (const [P, k] of coefficients) {
    // The commitments carry -weight: negating the point keeps the scalar at 128 bits.
    const negative = k < ZERO && -k < suite.q;
    points.push(negative ? P.negate() : P);
    scalars.push(negative ? -k : suite.mod(k));
  }
  return suite.sum(points, scalars).is0();
}

/**
 * Checks claims `{check, detail, equations}` together; if the sum is not the identity,
 * every claim alone. Returns the claims that fail.
 */
export function failing(suite, claims) {
  const equations = [];
  for (const claim of claims) equations.push(...claim.equations);
  if (allHold(suite, equations)) return [];
  return claims.filter((claim) => !allHold(suite, claim.equations));
}

/** Throws the first failing claim. */
export function demand(suite, claims) {
  const bad = failing(suite, claims);
  if (bad.length) throw new Refused(bad[0].check, bad[0].detail);
}
