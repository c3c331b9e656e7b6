/** Credential, ballot and tracker (docs/protocol.md §§5-8). */
import { concat, fromBase64url, fromHash, lp, toBase64url, toHex, u64 } from './bytes.js';
import { Refused } from './errors.js';
import { canonicalBytes, hasExactly, MAX_BALLOT } from './json.js';
import {
  demand,
  keyEquation,
  POINT,
  proveKey,
  proveRange,
  rangeEquations,
  rangeSize,
  readRange,
  SCHNORR,
} from './proofs.js';
import { suiteNamed, WINDOW, ZERO } from './suite.js';

export const NO_PREVIOUS = '0'.repeat(64);
const FIELDS = [
  'format',
  'manifest',
  'party',
  'key',
  'number',
  'previous',
  'encrypted_by',
  'answers',
  'signature',
];
const COMMITTED = Uint8Array.of(1);
const ABSENT = Uint8Array.of(0);

/** The secret key of a letter's token (16 bytes). */
export function credential(suite, session, token) {
  if (token.length !== 16) throw new Error('a token has 16 bytes');
  const k = suite.derive(session, token, 'YISHI-1-credential');
  if (k === ZERO) throw new Error('this token gives no key');
  return k;
}

/** Signs the server's login challenge (32 bytes): proof of the letter without its token. */
export function login(suite, session, k, challenge) {
  if (challenge.length !== 32) throw new Error('a challenge has 32 bytes');
  return proveKey(suite, 'login', k, lp(session, challenge), () => suite.random());
}

export function manifestHash(suite, manifest) {
  return suite.hash(canonicalBytes(manifest));
}

/** C of §7: what the ballot holds, motion by motion. `answers`: null | list of [A, B] bytes. */
function ciphertexts(answers) {
  return concat(
    ...answers.reduce((out, pairs) => {
      if (pairs === null) return out.concat([ABSENT]);
      return pairs.reduce((all, [A, B]) => all.concat([A, B]), out.concat([COMMITTED]));
    }, []),
  );
}

function contextOf(suite, { manifest, party, key, number, previous }, answers) {
  const C = ciphertexts(answers);
  return suite.hash(lp('YISHI-1-context', manifest, u64(party), key, u64(number), previous, C));
}

/** The ballot's digest, 32 bytes; its first 80 bits are the tracker. */
export function ballotDigest(suite, ballot) {
  const unsigned = Object.assign({}, ballot);
  delete unsigned.signature;
  return suite.hash(canonicalBytes(unsigned));
}

function choicesOf(motion, chosen) {
  if (chosen.length < motion.min || chosen.length > motion.max) {
    throw new Error('so many options cannot be chosen in ' + motion.id);
  }
  const bits = motion.options.map((_, option) => (chosen.indexOf(option) >= 0 ? 1 : 0));
  if (bits.reduce((a, b) => a + b, 0) !== chosen.length) {
    throw new Error('an option of ' + motion.id + ' that is not there, or twice');
  }
  return bits;
}

/**
 * Encrypts and proves. `choices`: per motion null (does not take part) or the list of
 * the chosen options' indexes. `key`: the credential's point, bytes. Returns the unsigned
 * ballot, its digest and what a test would reveal. `draw` gives random scalars in the
 * order of §6; `progress(done, all)` is called after each motion.
 */
export function seal({
  manifest,
  party,
  key,
  number,
  previous,
  choices,
  encryptedBy,
  draw,
  progress,
}) {
  const suite = suiteNamed(manifest.suite);
  const next = draw || (() => suite.random());
  if (choices.length !== manifest.motions.length || choices.every((c) => c === null)) {
    throw new Error('one answer per motion, and at least one');
  }
  const Y = suite.point(fromBase64url(manifest.trustees.election_key));
  Y.precompute(WINDOW);
  const M = manifestHash(suite, manifest);

  // The context hashes every ciphertext, and the order of draws (§6) interleaves
  // ciphertexts with proofs: so all scalars are drawn first, then used.
  const plan = choices.map((chosen, motion) => {
    if (chosen === null) return null;
    const bits = choicesOf(manifest.motions[motion], chosen);
    const options = bits.map((m) => ({ m, r: next(), draws: rangeDraws(m, 0, 1, next) }));
    const { min, max } = manifest.motions[motion];
    return { options, sum: rangeDraws(chosen.length, min, max, next) };
  });
  const pairs = plan.map(
    (answer) =>
      answer &&
      answer.options.map(({ m, r }) => {
        const B = suite.mul(Y, r);
        return [suite.mul(suite.G, r), m ? B.add(suite.G) : B].map((P) => suite.encode(P));
      }),
  );
  const ctx = contextOf(
    suite,
    { manifest: M, party, key, number, previous: fromHash(previous) },
    pairs,
  );
  const answers = plan.map((answer, motion) => {
    if (answer === null) return null;
    const { min, max } = manifest.motions[motion];
    const options = answer.options.map(({ m, r, draws }, option) => {
      const statement = { Y, r, m, lo: 0, hi: 1, ctx, motion, option };
      const proof = proveRange(suite, 'bit', statement, replay(draws));
      return toBase64url(concat(...pairs[motion][option], proof));
    });
    const r = suite.mod(answer.options.reduce((sum, option) => sum + option.r, ZERO));
    const m = answer.options.reduce((sum, option) => sum + option.m, 0);
    const statement = { Y, r, m, lo: min, hi: max, ctx, motion, option: options.length };
    const sum = toBase64url(proveRange(suite, 'sum', statement, replay(answer.sum)));
    if (progress) progress(motion + 1, choices.length);
    return { options, sum };
  });
  const ballot = {
    format: 'yishi-ballot-1',
    manifest: toHex(M),
    party,
    key: toBase64url(key),
    number,
    previous,
    encrypted_by: encryptedBy,
    answers,
  };
  return { ballot, digest: ballotDigest(suite, ballot), test: testText(suite, ballot, plan) };
}

/** The scalars a range proof takes, in the order of §6: c_v, s_v for v ≠ m, w for v = m. */
function rangeDraws(m, lo, hi, next) {
  const out = [];
  for (let v = lo; v <= hi; v++) {
    out.push(next());
    if (v !== m) out.push(next());
  }
  return out;
}

function replay(values) {
  let at = 0;
  return () => values[at++];
}

/** What a test of this sealed ballot shows: the ballot, every choice and every r. */
function testText(suite, ballot, plan) {
  return {
    format: 'yishi-test-1',
    ballot,
    answers: plan.map(
      (answer) =>
        answer && {
          choices: answer.options.map((option) => option.m),
          randomness: answer.options.map((option) => toBase64url(suite.encodeScalar(option.r))),
        },
    ),
  };
}

/** The signed ballot. A ballot that was tested must never come here. */
export function sign(suite, ballot, k, draw) {
  const digest = ballotDigest(suite, ballot);
  const signature = proveKey(suite, 'ballot', k, digest, draw || (() => suite.random()));
  return Object.assign({}, ballot, { signature: toBase64url(signature) });
}

/** Encrypts the revealed choices again (§8) and returns the digest, 32 bytes. */
export function checkTest(manifest, test) {
  const suite = suiteNamed(manifest.suite);
  const refuse = (detail) => {
    throw new Refused('test', detail);
  };
  if (!hasExactly(test, ['format', 'ballot', 'answers']) || test.format !== 'yishi-test-1') {
    refuse('not a test');
  }
  const ballot = test.ballot;
  const Y = suite.point(fromBase64url(manifest.trustees.election_key));
  if (ballot.manifest !== toHex(manifestHash(suite, manifest))) refuse('of another session');
  if (test.answers.length !== ballot.answers.length) refuse('answers are missing');
  test.answers.forEach((answer, motion) => {
    const sealed = ballot.answers[motion];
    if ((answer === null) !== (sealed === null)) refuse('motion ' + motion + ' differs');
    if (answer === null) return;
    if (answer.choices.length !== sealed.options.length) refuse('options are missing');
    sealed.options.forEach((text, option) => {
      const r = suite.readScalar(fromBase64url(answer.randomness[option]));
      const B = suite.mul(Y, r);
      const m = answer.choices[option];
      if (m !== 0 && m !== 1) refuse('a choice that is neither 0 nor 1');
      const pair = concat(
        suite.encode(suite.mul(suite.G, r)),
        suite.encode(m ? B.add(suite.G) : B),
      );
      if (toBase64url(pair) !== toBase64url(fromBase64url(text).subarray(0, 2 * POINT))) {
        refuse('motion ' + motion + ', option ' + option + ' holds something else');
      }
    });
  });
  return ballotDigest(suite, ballot);
}

const isCount = (n) => Number.isSafeInteger(n) && n >= 1;

/**
 * Reads a ballot against its manifest: number, shape and order of motions and options
 * come from the manifest. Throws `ballots.shape`.
 * @returns {{party, key, K, number, previous, digest, answers, signature, encryptedBy, ctx}}
 */
export function readBallot(suite, manifest, M, ballot) {
  const refuse = (detail) => {
    throw new Refused('ballots.shape', detail);
  };
  if (!hasExactly(ballot, FIELDS)) refuse('not the fields of a ballot');
  if (ballot.format !== 'yishi-ballot-1') refuse('an unknown format');
  if (ballot.manifest !== toHex(M)) refuse('the manifest of another session');
  if (!isCount(ballot.party)) refuse('party is not a number from 1');
  if (!isCount(ballot.number)) refuse('number is not a number from 1');
  if (ballot.encrypted_by !== 'browser' && ballot.encrypted_by !== 'server') {
    refuse('encrypted_by is neither browser nor server');
  }
  if (!Array.isArray(ballot.answers) || ballot.answers.length !== manifest.motions.length) {
    refuse('not one answer per motion');
  }
  if (ballot.answers.every((answer) => answer === null)) refuse('no answer at all');
  if (canonicalBytes(ballot).length > MAX_BALLOT) refuse('larger than 256 KiB');
  try {
    const key = fromBase64url(ballot.key);
    const previous = fromHash(ballot.previous);
    const answers = ballot.answers.map((answer, motion) =>
      answer === null ? null : readAnswer(suite, manifest.motions[motion], answer),
    );
    const signature = fromBase64url(ballot.signature);
    if (signature.length !== SCHNORR) throw new Error('the signature has not 97 bytes');
    suite.point(signature.subarray(0, POINT));
    suite.readScalar(signature.subarray(POINT));
    const head = { manifest: M, party: ballot.party, key, number: ballot.number, previous };
    return {
      party: ballot.party,
      number: ballot.number,
      previous: ballot.previous,
      encryptedBy: ballot.encrypted_by,
      key: ballot.key,
      K: suite.point(key),
      answers,
      signature,
      digest: ballotDigest(suite, ballot),
      ctx: contextOf(
        suite,
        head,
        answers.map((a) => a && a.options.map((o) => [o.bytesA, o.bytesB])),
      ),
    };
  } catch (error) {
    return refuse(error.message);
  }
}

function readAnswer(suite, motion, answer) {
  if (!hasExactly(answer, ['options', 'sum'])) throw new Error('not the fields of an answer');
  if (!Array.isArray(answer.options) || answer.options.length !== motion.options.length) {
    throw new Error('not one ciphertext per option of ' + motion.id);
  }
  const options = answer.options.map((text) => {
    const bytes = fromBase64url(text);
    if (bytes.length !== 2 * POINT + rangeSize(2))
      throw new Error('an option of the wrong length');
    const bytesA = bytes.subarray(0, POINT);
    const bytesB = bytes.subarray(POINT, 2 * POINT);
    return {
      bytesA,
      bytesB,
      A: suite.point(bytesA),
      B: suite.point(bytesB),
      proof: readRange(suite, 0, 1, bytes.subarray(2 * POINT)),
    };
  });
  return { options, sum: readRange(suite, motion.min, motion.max, fromBase64url(answer.sum)) };
}

/**
 * The claims of a ballot that was read: its signature, every option, every sum. They are
 * to be checked by `failing`, many ballots at a time. `where` names the ballot in messages.
 */
export function ballotClaims(suite, manifest, Y, read, where) {
  const claims = [
    {
      check: 'ballots.signature',
      detail: where,
      equations: [keyEquation(suite, 'ballot', read.K, read.digest, read.signature)],
    },
  ];
  read.answers.forEach((answer, motion) => {
    if (answer === null) return;
    const statement = (option, A, B) => ({ Y, A, B, ctx: read.ctx, motion, option });
    const claim = (option, equations) =>
      claims.push({
        check: 'ballots.proofs',
        detail: where + ', motion ' + motion + ', option ' + option,
        equations,
      });
    answer.options.forEach(({ A, B, proof }, option) => {
      claim(option, rangeEquations(suite, 'bit', statement(option, [A], [B]), proof));
    });
    const n = answer.options.length;
    const [As, Bs] = [answer.options.map((o) => o.A), answer.options.map((o) => o.B)];
    claim('sum', rangeEquations(suite, 'sum', statement(n, As, Bs), answer.sum));
  });
  return claims;
}

/** Throws `ballots.unique` where an A or a B occurs among `seen` ({a, b}: Sets) or twice. */
export function demandUnique(read, seen) {
  read.answers.forEach((answer) =>
    (answer ? answer.options : []).forEach(({ bytesA, bytesB }) =>
      [
        [seen.a, bytesA],
        [seen.b, bytesB],
      ].forEach(([set, bytes]) => {
        const text = toBase64url(bytes);
        if (set.has(text))
          throw new Refused('ballots.unique', 'a ciphertext that occurs twice');
        set.add(text);
      }),
    ),
  );
}

/**
 * Throws where a ballot is not the next one of its party, under the party's valid key.
 * `afterProxy`: the one before was an agent's and this one is the owner's own.
 */
export function demandPlace(manifest, read, { key, number, previous, afterProxy = false }) {
  if (read.key !== key) {
    throw new Refused('ballots.credential', 'not the valid credential of the party');
  }
  if (number > 1 && !manifest.revote && !afterProxy) {
    throw new Refused('ballots.sequence', 'a second ballot, revoting is not allowed');
  }
  if (read.number !== number || read.previous !== previous) {
    throw new Refused('ballots.sequence', 'number or previous is not the next one');
  }
}

/** Every check of one ballot that needs no board. `place`: {key, number, previous, afterProxy}. */
export function verifyBallot(manifest, ballot, place) {
  const suite = suiteNamed(manifest.suite);
  const read = readBallot(suite, manifest, manifestHash(suite, manifest), ballot);
  demandUnique(read, { a: new Set(), b: new Set() });
  demandPlace(manifest, read, place);
  const Y = suite.point(fromBase64url(manifest.trustees.election_key));
  demand(suite, ballotClaims(suite, manifest, Y, read, 'party ' + read.party));
  return read;
}
