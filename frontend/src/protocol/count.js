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

const RANKING = {
  heads: ({ heads }) => [heads],
  area: ({ area }) => [area],
  heads_then_area: ({ heads, area }) => [heads, area],
  area_then_heads: ({ heads, area }) => [area, heads],
  // heads/P.heads + area/P.area over the common denominator, so nothing is rounded
  shares: ({ heads, area }, part) => [
    BigInt(heads) * BigInt(part.area) + BigInt(area) * BigInt(part.heads),
  ],
};

/** > 0 where `x` ranks before `y` among those who took part, 0 where they tie. */
export function compare(by, x, y, part) {
  const [a, b] = [RANKING[by](x, part), RANKING[by](y, part)];
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at] > b[at] ? 1 : -1;
}

/** Places of an election's options before `requires` is looked at, and what it comes to. */
export function elect(motion, roll, part, totals, withdrawn) {
  const { seats, alternates, ranking, stands: cited } = motion.election;
  const found = { qualified: [], elected: [], alternates: [], undecided: [], stands: null };
  if (cited) found.stands = false;
  if (!hasQuorum(roll, part)) return { ...found, result: 'no_quorum' };
  const has = totals.map((total) => majority(motion.approval, total, part));
  found.qualified = motion.options
    .map((_, place) => place)
    .filter((place) => has[place] && withdrawn.indexOf(motion.options[place]) < 0);
  const filled = Math.min(found.qualified.length, seats);
  if (cited) found.stands = filled >= cited.minimum && 2 * filled > seats;
  if (!filled || found.stands === false) return { ...found, result: 'rejected' };
  found.result = 'passed';
  if (found.qualified.length <= seats) {
    found.elected = found.qualified;
    return found;
  }
  if (!ranking) {
    found.undecided = found.qualified;
    return found;
  }
  const inOrder = (places) => places.slice().sort((x, y) => x - y);
  const against = (x, y) => compare(ranking.by, totals[x], totals[y], part);
  const ranked = found.qualified.slice().sort((x, y) => against(y, x) || x - y);
  // Of `list` those among the first `n` for certain: who tie across the last place are out.
  const certain = (list, n) =>
    list.slice(0, n).filter((place) => n >= list.length || against(place, list[n]) > 0);
  const ahead = certain(ranked, seats);
  found.elected = inOrder(ahead);
  if (ahead.length < seats) {
    found.undecided = found.qualified.filter((place) => !against(place, ranked[seats]));
  } else {
    found.alternates = certain(ranked.slice(seats), alternates);
  }
  return found;
}

/**
 * The option with more than half of those who took part, by heads and by area at once: what
 * silence may join. -1 where there is none.
 */
export function majorityOption(part, totals) {
  return totals.findIndex((total) => majority('1/2', total, part));
}

/** A question's verdict with the deemed joining the option of that place (none: -1). */
export function questionResult(motion, roll, part, yes, joined, deemed) {
  const plus = (x, add) =>
    add ? { heads: x.heads + deemed.heads, area: x.area + deemed.area } : x;
  const everybody = plus(part, joined >= 0);
  if (!hasQuorum(roll, everybody)) return 'no_quorum';
  const approved = majority(motion.approval, plus(yes, joined === 0), everybody);
  return approved ? 'passed' : 'rejected';
}

const NOBODY = { heads: 0, area: 0 };
const SEATED = ['elected', 'alternates', 'undecided'];

/**
 * What the result says of every motion beside its figures. `withdrawn`: motion id → ids of
 * candidates who stand no longer; `deemed`: `{heads, area}` of those deemed to have voted. A
 * motion that requires one that did not pass is rejected, and so on until nothing changes.
 */
export function verdicts(manifest, counts, withdrawn = {}, deemed = NOBODY) {
  const out = manifest.motions.map((motion, i) => {
    const { participating, totals } = counts[i];
    const own =
      motion.kind === 'election'
        ? electionVerdict(motion, manifest.roll, participating, totals, withdrawn)
        : questionVerdict(motion, manifest.roll, participating, totals, deemed);
    if (!manifest.silence) {
      delete own.actual;
      delete own.deemed;
    }
    return { quorum_met: own.result !== 'no_quorum', ...own };
  });
  rejectDependent(manifest, out);
  if (manifest.silence) rejectDependent(manifest, out, 'actual');
  out.forEach((verdict) => {
    if (verdict.result === 'passed') return;
    SEATED.filter((field) => verdict[field]).forEach((field) => (verdict[field] = []));
  });
  return out;
}

function electionVerdict(motion, roll, part, totals, withdrawn) {
  const gone = withdrawn[motion.id] || [];
  const found = elect(motion, roll, part, totals, gone);
  const named = (places) => places.map((place) => motion.options[place]);
  return {
    result: found.result,
    actual: found.result,
    deemed: null,
    withdrawn: motion.options.filter((option) => gone.indexOf(option) >= 0),
    qualified: named(found.qualified),
    elected: named(found.elected),
    alternates: named(found.alternates),
    undecided: named(found.undecided),
    stands: found.stands,
  };
}

function questionVerdict(motion, roll, part, totals, deemed) {
  const joined = majorityOption(part, totals);
  return {
    result: questionResult(motion, roll, part, totals[0], joined, deemed),
    actual: questionResult(motion, roll, part, totals[0], -1, deemed),
    deemed: { joined: joined < 0 ? null : motion.options[joined], ...deemed },
  };
}

/** Rejects what requires a motion that did not pass, until nothing changes. */
export function rejectDependent(manifest, out, field = 'result') {
  const passed = (id) =>
    out[manifest.motions.findIndex((m) => m.id === id)][field] === 'passed';
  for (let changed = true; changed;) {
    changed = false;
    manifest.motions.forEach((motion, i) => {
      if (out[i][field] !== 'passed' || motion.requires.every(passed)) return;
      out[i][field] = 'rejected';
      changed = true;
    });
  }
}
