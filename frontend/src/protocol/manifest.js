/** The shape of the manifest and what its trustees must prove (docs/protocol.md §§4, 5). */
import { fromBase64url, lp, u32 } from './bytes.js';
import { isHash, isNumber, isText, isTime } from './board.js';
import { hasExactly } from './json.js';
import { keyEquation, SCHNORR } from './proofs.js';
import { suiteNamed } from './suite.js';

/** How a rule of the estate ranks candidates who have the majority: a closed list (§10). */
const RANKINGS = ['heads', 'area', 'heads_then_area', 'area_then_heads', 'shares'];

const FIELDS = {
  format: (v) => v === 'yishi-manifest-1',
  suite: (v) => v === 'P256-SHA256' || v === 'SM2-SM3',
  session: (v) => isText(v) && /^[A-Z0-9-]{6,16}$/.test(v),
  title: isText,
  estate: isText,
  division: (v) => isText(v) && /^\d{12}$/.test(v),
  organiser: isText,
  motions: (v) => Array.isArray(v) && v.length > 0,
  quorum: (v) => hasExactly(v, ['area', 'heads']) && twoThirds(v.area) && twoThirds(v.heads),
  profile: (v) => hasExactly(v, ['code', 'sha256']) && isText(v.code) && isHash(v.sha256),
  roll: (v) =>
    hasExactly(v, ['root', 'heads', 'area']) &&
    isHash(v.root) &&
    isNumber(v.heads) &&
    isNumber(v.area),
  opens_at: isTime,
  closes_at: isTime,
  revote: isFlag,
  trustees: (v) =>
    hasExactly(v, ['threshold', 'keys', 'election_key']) &&
    isNumber(v.threshold) &&
    Array.isArray(v.keys) &&
    v.keys.length <= 20 &&
    isText(v.election_key),
  opening_policy: (v) => v === 'secret' || v === 'named',
  board_key: isSigningKey,
  witnesses: (v) => Array.isArray(v) && v.every(isSigningKey) && new Set(v).size === v.length,
  witnesses_needed: isNumber,
  bundle: isHash,
  challenge_hours: (v) => isNumber(v) && v <= 24 * 366,
  paper: isFlag,
  silence: (v) =>
    v === null ||
    (hasExactly(v, ['rule', 'clause', 'page']) &&
      v.rule === 'majority' &&
      isText(v.clause) &&
      isText(v.page)),
  letters: (v) =>
    hasExactly(v, ['by', 'name']) && (v.by === 'host' || v.by === 'outside') && isText(v.name),
};
const MOTION = {
  id: isText,
  matter: (v) => isNumber(v) && v >= 1 && v <= 9,
  kind: (v) => v === 'question' || v === 'election',
  title: isText,
  text: isText,
  options: (v) => Array.isArray(v) && v.length > 0 && v.every(isText),
  min: isNumber,
  max: isNumber,
  approval: (v) => v === '1/2' || v === '3/4',
  requires: (v) => Array.isArray(v) && v.every(isText),
  attachments: (v) => Array.isArray(v) && v.every(isAttachment),
  election: (v) => v === null || isElection(v),
};

function isElection(value) {
  if (!hasExactly(value, ['seats', 'alternates', 'ranking', 'stands'])) return false;
  const { seats, alternates, ranking, stands } = value;
  const ranked =
    ranking === null ||
    (hasExactly(ranking, ['by', 'clause']) &&
      RANKINGS.indexOf(ranking.by) >= 0 &&
      isText(ranking.clause));
  const minimum =
    stands === null ||
    (hasExactly(stands, ['minimum', 'clause']) &&
      isNumber(stands.minimum) &&
      stands.minimum >= 1 &&
      stands.minimum <= seats &&
      isText(stands.clause));
  const sized = isNumber(seats) && seats >= 1 && seats <= 1000 && isNumber(alternates);
  return sized && ranked && minimum;
}

function isFlag(value) {
  return value === true || value === false;
}

function twoThirds(value) {
  return Array.isArray(value) && value.length === 2 && value[0] === 2 && value[1] === 3;
}

function isAttachment(value) {
  return hasExactly(value, ['name', 'sha256']) && isText(value.name) && isHash(value.sha256);
}

function isSigningKey(value) {
  try {
    return fromBase64url(value).length === 32;
  } catch (_) {
    return false;
  }
}

function demandShape(value, fields, where) {
  if (!hasExactly(value, Object.keys(fields))) throw new Error('not the fields of a ' + where);
  for (const name of Object.keys(fields)) {
    if (!fields[name](value[name])) throw new Error(where + ': ' + name);
  }
}

/** Throws unless the manifest has the shape of §4. */
export function checkManifest(manifest) {
  demandShape(manifest, FIELDS, 'manifest');
  if (manifest.witnesses_needed > manifest.witnesses.length) {
    throw new Error('manifest: more witnesses needed than named');
  }
  const ids = manifest.motions.map((motion) => motion && motion.id);
  manifest.motions.forEach((motion) => {
    demandShape(motion, MOTION, 'motion');
    const { kind, options, min, max, requires, matter, approval } = motion;
    // Civil Code 278 para. 2: matters (6) to (8) need three quarters
    if (matter >= 6 && matter <= 8 && approval !== '3/4') {
      throw new Error('motion: matters 6 to 8 need 3/4');
    }
    if (kind === 'question') {
      const usual = options.length === 3 && options.join() === 'for,against,abstain';
      if (!usual || min !== 1 || max !== 1 || motion.election !== null) {
        throw new Error('motion: the options of a question');
      }
    } else {
      const terms = motion.election;
      const fits =
        terms !== null &&
        min === 0 &&
        max === Math.min(terms.seats, options.length) &&
        terms.alternates <= options.length;
      if (!fits) throw new Error('motion: the seats of an election');
    }
    if (new Set(options).size !== options.length) throw new Error('motion: an option twice');
    const known = requires.every((id) => id !== motion.id && ids.indexOf(id) >= 0);
    if (!known || new Set(requires).size !== requires.length) {
      throw new Error('motion: requires a motion that is not there');
    }
  });
  if (new Set(ids).size !== ids.length) throw new Error('motion: an id twice');
  if (manifest.opens_at >= manifest.closes_at)
    throw new Error('manifest: closes before it opens');
}

/** λ_i at `x` for the distinct points `xs` (numbers): f(x) = Σ λ_i f(x_i). */
export function lagrange(suite, xs, x) {
  const { Fn } = suite.Point;
  return xs.map((xi, i) => {
    let numerator = BigInt(1);
    let denominator = BigInt(1);
    xs.forEach((xj, j) => {
      if (i === j) return;
      numerator = suite.mod(numerator * BigInt(x - xj));
      denominator = suite.mod(denominator * BigInt(xi - xj));
    });
    return suite.mod(numerator * Fn.inv(denominator));
  });
}

/** Reads the trustees' keys: `{Y, keys}`, points. Throws where one is malformed (§4). */
export function readTrustees(manifest) {
  const suite = suiteNamed(manifest.suite);
  const { threshold, keys, election_key: electionKey } = manifest.trustees;
  if (threshold < 1 || threshold > keys.length) throw new Error('threshold is not from 1 to n');
  const points = keys.map((trustee, i) => {
    if (!hasExactly(trustee, ['index', 'name', 'key', 'proof']))
      throw new Error('not a trustee');
    if (trustee.index !== i + 1 || !isText(trustee.name)) throw new Error('index or name');
    if (fromBase64url(trustee.proof).length !== SCHNORR) throw new Error('a proof of 97 bytes');
    return suite.point(fromBase64url(trustee.key));
  });
  return { Y: suite.point(fromBase64url(electionKey)), keys: points };
}

/**
 * Throws where the keys and Y do not lie on one polynomial of degree k-1 (§5). Returns the
 * claims that every trustee possesses the key, to be checked by `failing`.
 */
export function trusteeClaims(manifest, { Y, keys }) {
  const suite = suiteNamed(manifest.suite);
  const { threshold, keys: entries } = manifest.trustees;
  // Y = f(0) and the first k-1 keys fix f; every other key must lie on it.
  const points = [Y].concat(keys);
  const known = points.slice(0, threshold);
  const xs = known.map((_, i) => i);
  for (let j = threshold; j <= keys.length; j++) {
    const there = suite.sum(known, lagrange(suite, xs, j));
    if (!there.equals(points[j]))
      throw new Error('the keys are not shares of the election key');
  }
  return entries.map((trustee, i) => {
    const message = lp(manifest.session, u32(i + 1), u32(threshold), u32(keys.length));
    const proof = fromBase64url(trustee.proof);
    return {
      check: 'trustees',
      detail: 'trustee ' + (i + 1) + ' has not proved the key',
      equations: [keyEquation(suite, 'trustee', keys[i], message, proof)],
    };
  });
}
