/**
 * Writes tests/vectors/js-*.json: the form of Python's vectors, made by this
 * implementation with fresh randomness, for Python to check.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  credential,
  manifestHash,
  NO_PREVIOUS,
  readBallot,
  seal,
  sign,
} from '../src/protocol/ballot.js';
import {
  concat,
  fromBase64url,
  lp,
  toBase64url,
  trackerText,
  u32,
} from '../src/protocol/bytes.js';
import { proveKey, proveRange, readRange } from '../src/protocol/proofs.js';
import { randomBytes, suiteNamed } from '../src/protocol/suite.js';
import { cases, FOLDER, hex, scalar, scalarHex } from './vectors.mjs';

const SUITES = ['P256-SHA256', 'SM2-SM3'];

function recorder(suite) {
  const draws = [];
  const draw = () => {
    const n = suite.random();
    draws.push(scalarHex(n));
    return n;
  };
  return { draw, draws };
}

function write(name, title, made) {
  const value = { protocol: 'yishi-1', title, cases: made };
  writeFileSync(join(FOLDER, name), JSON.stringify(value, null, 1) + '\n');
}

const credentials = [];
const proofs = [];
for (const name of SUITES) {
  const suite = suiteNamed(name);
  for (const session of ['YS-2026-02', 'ZZZZZZ']) {
    const token = randomBytes(16);
    const challenge = randomBytes(32);
    const k = credential(suite, session, token);
    const message = lp(session, challenge);
    const { draw, draws } = recorder(suite);
    const signature = toBase64url(proveKey(suite, 'login', k, message, draw));
    credentials.push({
      suite: name,
      session,
      token: toBase64url(token),
      secret: scalarHex(k),
      key: toBase64url(suite.encode(suite.mul(suite.G, k))),
      login: { challenge: toBase64url(challenge), message: hex(message), draws, signature },
    });
  }
  const Y = suite.mul(suite.G, suite.random());
  for (const [tag, low, high, value] of [
    ['bit', 0, 1, 0],
    ['bit', 0, 1, 1],
    ['sum', 1, 1, 1],
    ['sum', 0, 5, 3],
  ]) {
    const { draw, draws } = recorder(suite);
    const r = suite.random();
    const [motion, option, ctx] = [3, 1, randomBytes(32)];
    const statement = { Y, r, m: value, lo: low, hi: high, ctx, motion, option };
    const proof = proveRange(suite, tag, statement, draw);
    const B = suite.mul(Y, r).add(suite.mul(suite.G, BigInt(value)));
    const { T } = readRange(suite, low, high, proof);
    proofs.push({
      suite: name,
      key: toBase64url(suite.encode(Y)),
      tag,
      context: hex(ctx),
      motion,
      option,
      low,
      high,
      value,
      r: scalarHex(r),
      ciphertext: toBase64url(concat(suite.encode(suite.mul(suite.G, r)), suite.encode(B))),
      draws,
      e: scalarHex(suite.scalar(tag, lp(ctx, u32(motion), u32(option), T))),
      proof: toBase64url(proof),
    });
  }
}

const ballots = cases('05-ballot.json').map((source) => {
  const { manifest, party, secret, key } = source;
  const suite = suiteNamed(manifest.suite);
  const { draw, draws } = recorder(suite);
  const choices = [[1], [1], null];
  const sealed = seal({
    manifest,
    party,
    key: fromBase64url(key),
    number: 1,
    previous: NO_PREVIOUS,
    choices,
    encryptedBy: 'browser',
    draw,
  });
  const ballot = sign(suite, sealed.ballot, scalar(secret), draw);
  const M = manifestHash(suite, manifest);
  return {
    suite: manifest.suite,
    manifest,
    manifest_hash: hex(M),
    party,
    secret,
    key,
    number: 1,
    previous: NO_PREVIOUS,
    encrypted_by: 'browser',
    choices,
    draws,
    context: hex(readBallot(suite, manifest, M, ballot).ctx),
    digest: hex(sealed.digest),
    tracker: trackerText(sealed.digest),
    ballot,
  };
});

write('js-03-credential.json', 'Credentials and login (§5), by JavaScript', credentials);
write('js-04-proof.json', 'Proofs (§6), by JavaScript', proofs);
write('js-05-ballot.json', 'Ballots (§7), by JavaScript', ballots);
