/** From ciphertexts to the verdict (docs/protocol.md §10). Integers only, no rounding. */
import { concat, fromBase64url, lp, toBase64url, u32 } from './bytes.js';
import { lagrange } from './manifest.js';
import { POINT, SCALAR } from './proofs.js';

const ONE = BigInt(1);
export const SIDES = ['heads', 'area'];

/** Aggregates of one motion: `{heads, area}`, each a list per option of `[A, B]` points. */
export function aggregate(suite, motion, answers) {
  const sum = (part, option, weigh) =>
    suite.sum(
      answers.map(({ answer }) => answer.options[option][part]),
      answers.map(({ area }) => (weigh ? BigInt(area) : ONE)),
    );
  const side = (weigh) =>
    motion.options.map((_, o) => [sum('A', o, weigh), sum('B', o, weigh)]);
  return { heads: side(false), area: side(true) };
}

export function encodeAggregates(suite, { heads, area }) {
  const encode = (P) => toBase64url(suite.encodeAggregate(P));
  const side = (pairs) => pairs.map(([A, B]) => [encode(A), encode(B)]);
  return { heads: side(heads), area: side(area) };
}

/**
 * Two equations of F = xA under `tag`: sG = a + e vk and sA = b + eF. `before`: what the
 * challenge hashes ahead of vk, A, B, F, a, b.
 */
function shareEquations(suite, tag, before, { vk, A, B }, share) {
  const F = suite.aggregate(fromBase64url(share.share));
  const proof = fromBase64url(share.proof);
  const encodedA = suite.encodeAggregate(A);
  const end = POINT + encodedA.length;
  if (proof.length !== end + SCALAR) throw new Error('a proof of another length');
  const [bytesOfa, bytesOfb] = [proof.subarray(0, POINT), proof.subarray(POINT, end)];
  const a = suite.point(bytesOfa);
  const b = suite.aggregate(bytesOfb);
  const s = suite.readScalar(proof.subarray(end));
  const encoded = [encodedA, suite.encodeAggregate(B), suite.encodeAggregate(F)];
  const e = suite.scalar(tag, lp(...before, suite.encode(vk), ...encoded, bytesOfa, bytesOfb));
  return {
    F,
    equations: [
      [
        [suite.G, s],
        [a, -ONE],
        [vk, -e],
      ],
      [
        [A, s],
        [b, -ONE],
        [F, -e],
      ],
    ],
  };
}

/** One partial decryption of an aggregate by trustee `j` (from 1) with key `vk`. */
export function decryptionEquations(suite, place, share) {
  const { M, tally, motion, option, side, j } = place;
  const before = [M, tally, u32(motion), u32(option), u32(side), u32(j)];
  return shareEquations(suite, 'decrypt', before, place, share);
}

/** One share of a single ballot's ciphertext, in a named vote. */
export function openingEquations(suite, place, share) {
  const { M, digest, motion, option, j } = place;
  const before = [M, digest, u32(motion), u32(option), u32(j)];
  return shareEquations(suite, 'open', before, place, share);
}

/**
 * A trustee's share of one aggregate under secret x, with its proof (§10). `place` is as in
 * `decryptionEquations`.
 */
export function decryptShare(suite, place, x, draw) {
  const { M, tally, motion, option, side, j, vk, A, B } = place;
  const times = (k) => suite.encodeAggregate(A.is0() ? A : suite.mul(A, k));
  const w = draw ? draw() : suite.random();
  const a = suite.encode(suite.mul(suite.G, w));
  const [F, b] = [times(x), times(w)];
  const before = [M, tally, u32(motion), u32(option), u32(side), u32(j), suite.encode(vk)];
  const sums = [suite.encodeAggregate(A), suite.encodeAggregate(B), F];
  const e = suite.scalar('decrypt', lp(...before, ...sums, a, b));
  const s = suite.encodeScalar(suite.mod(w + e * x));
  return { share: toBase64url(F), proof: toBase64url(concat(a, b, s)) };
}

/** True where `B - Σ λF = vG` over the shares `[j, F]` of k trustees. */
export function opensTo(suite, B, shares, v) {
  const weights = lagrange(
    suite,
    shares.map(([j]) => j),
    0,
  );
  const mask = suite.sum(
    shares.map(([, F]) => F),
    weights,
  );
  return B.subtract(mask).equals(suite.G.multiplyUnsafe(BigInt(v)));
}

/** Civil Code 278: two thirds of heads and of area take part; an empty roll has no quorum. */
export function hasQuorum(roll, part) {
  return SIDES.every(
    (s) => roll[s] > 0 && BigInt(3) * BigInt(part[s]) >= BigInt(2) * BigInt(roll[s]),
  );
}

export function majority(approval, yes, part) {
  return SIDES.every((s) => {
    const [y, p] = [BigInt(yes[s]), BigInt(part[s])];
    return approval === '3/4' ? BigInt(4) * y >= BigInt(3) * p : BigInt(2) * y > p;
  });
}

/**
 * Of the candidates with a majority the `max` best by heads, then area, in ballot order.
 * Those who tie across the last seat are left out, all of them.
 */
function elect(motion, totals, part) {
  const ahead = (x, y) => y.heads - x.heads || y.area - x.area;
  const standing = totals
    .map(({ heads, area }, option) => ({ option, heads, area }))
    .filter((candidate) => majority(motion.approval, candidate, part))
    .sort(ahead);
  const firstOut = standing[motion.max];
  return standing
    .slice(0, motion.max)
    .filter((candidate) => !firstOut || ahead(candidate, firstOut) < 0)
    .map(({ option }) => option)
    .sort((x, y) => x - y)
    .map((option) => motion.options[option]);
}

/**
 * The verdict on every motion: `{quorum_met, result, elected?}`. A motion that requires
 * one that did not pass is rejected, and so on until nothing changes.
 */
export function verdicts(manifest, counts) {
  const out = manifest.motions.map((motion, i) => {
    const { participating, totals } = counts[i];
    const met = hasQuorum(manifest.roll, participating);
    const verdict = { quorum_met: met };
    if (motion.kind === 'election') {
      verdict.elected = met ? elect(motion, totals, participating) : [];
    }
    const approved = verdict.elected
      ? verdict.elected.length > 0
      : majority(motion.approval, totals[0], participating);
    verdict.result = !met ? 'no_quorum' : approved ? 'passed' : 'rejected';
    return verdict;
  });
  rejectDependent(manifest, out);
  return out;
}

/** Rejects what requires a motion that did not pass, until nothing changes. */
export function rejectDependent(manifest, out) {
  const passed = (id) =>
    out[manifest.motions.findIndex((m) => m.id === id)].result === 'passed';
  for (let changed = true; changed;) {
    changed = false;
    manifest.motions.forEach((motion, i) => {
      if (out[i].result !== 'passed' || motion.requires.every(passed)) return;
      out[i].result = 'rejected';
      if (out[i].elected) out[i].elected = [];
      changed = true;
    });
  }
}
