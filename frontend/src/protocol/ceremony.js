/**
 * How k of n make their keys (docs/protocol.md §14): transcripts with every public check, and
 * what one trustee's own device deals and takes.
 */
import { gcm } from '@noble/ciphers/aes.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { concat, equal, fromBase64url, lp, toBase64url, toHex, u32 } from './bytes.js';
import { isHash, isNumber, isText } from './board.js';
import { Refused } from './errors.js';
import { canonical, canonicalBytes, hasExactly } from './json.js';
import { failing, keyEquation, POINT, proveKey, SCHNORR } from './proofs.js';
import { bytesToInt, randomBytes, suiteNamed, ZERO } from './suite.js';

export const MAX_SIZE = 256 * 1024;
const FORMAT = 'yishi-ceremony-1';
const FORMATS = ['yishi-certificate-1', 'yishi-reveal-1', 'yishi-confirmation-1'];
const ROUNDS = ['certificates', 'reveals', 'confirmations'];
const TERMS = ['suite', 'session', 'threshold', 'names', 'nonce'];
const COMMON = ['format', 'ceremony', 'index'];
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const X25519_KEY = 32;
const SEALED_SHARE = 32 + 32 + 16;
const NO_NONCE = new Uint8Array(12); // every AES key seals one share
const MOST = 20;

/** What trustee `index` sent does not hold. `code`: commitment | possession | encryption | share | key. */
export class Complaint extends Refused {
  constructor(code, index) {
    super('ceremony', 'trustee ' + index + ': ' + code);
    this.code = code;
    this.index = index;
  }
}

/** Not a message that is due. `code`: format | ceremony | round | index | own. */
export class WrongFile extends Refused {
  constructor(code) {
    super('ceremony', 'a file of another ' + code);
    this.code = code;
  }
}

function demand(condition, detail) {
  if (!condition) throw new Refused('ceremony', detail);
}

/** base64url of exactly so many bytes. */
function data(text, size, where) {
  let bytes = null;
  try {
    bytes = fromBase64url(text);
  } catch (_) {
    // refused below
  }
  demand(bytes && bytes.length === size, where);
  return bytes;
}

function pointOf(suite, bytes, where) {
  try {
    return suite.point(bytes);
  } catch (_) {
    throw new Refused('ceremony', where);
  }
}

const isOneOf = (list) => (value) => list.indexOf(value) >= 0;
const isIndex = (value, count) => isNumber(value) && value >= 1 && value <= count;

// --- transcripts ---------------------------------------------------------------------------

/**
 * A transcript with every message checked: `{value, suite, session, threshold, names, hashes,
 * recipients, commitments, polynomials}`; `hashes` are T_0 … of the complete rounds.
 */
export function parse(value) {
  demand(hasExactly(value, ['format', 'terms'].concat(ROUNDS)), 'not the fields of a transcript');
  demand(value.format === FORMAT && hasExactly(value.terms, TERMS), 'format or terms');
  const { terms } = value;
  const { names, threshold } = terms;
  demand(isOneOf(['P256-SHA256', 'SM2-SM3'])(terms.suite), 'suite');
  demand(isText(terms.session) && /^[A-Z0-9-]{6,16}$/.test(terms.session), 'session');
  demand(
    Array.isArray(names) && names.length >= 2 && names.length <= MOST && names.every(isText),
    'names',
  );
  demand(new Set(names).size === names.length, 'a name occurs twice');
  demand(isIndex(threshold, names.length), 'threshold');
  data(terms.nonce, 16, 'nonce');
  demand(ROUNDS.every((name) => Array.isArray(value[name])), 'rounds');
  const suite = suiteNamed(terms.suite);
  const empty = { format: FORMAT, terms, certificates: [], reveals: [], confirmations: [] };
  let current = {
    value: empty,
    suite,
    session: terms.session,
    threshold,
    names,
    hashes: [suite.hash(canonicalBytes(empty))],
    recipients: [],
    commitments: [],
    polynomials: [],
  };
  const rounds = ROUNDS.map((name) => value[name]);
  while (rounds.length && rounds[0].length) current = advance(current, rounds.shift());
  demand(!rounds.some((round) => round.length), 'a round before this one is missing');
  return current;
}

export const count = (ceremony) => ceremony.names.length;
/** How many rounds are complete, 0 to 3. */
export const round = (ceremony) => ceremony.hashes.length - 1;
export const finished = (ceremony) => round(ceremony) === ROUNDS.length;
const last = (ceremony) => ceremony.hashes[ceremony.hashes.length - 1];

/** The ceremony with the n messages of the round under way, in order of index. */
export function advance(ceremony, messages) {
  demand(!finished(ceremony) && messages.length === count(ceremony), 'so many messages');
  messages.forEach((message, i) =>
    demand(check(ceremony, message) === i + 1, 'a message of another trustee'),
  );
  const at = round(ceremony);
  const value = Object.assign({}, ceremony.value, { [ROUNDS[at]]: messages });
  const next = Object.assign({}, ceremony, {
    value,
    hashes: ceremony.hashes.concat([ceremony.suite.hash(canonicalBytes(value))]),
  });
  if (at === 0) {
    next.recipients = messages.map((message) => fromBase64url(message.encryption));
    next.commitments = messages.map((message) => message.commitment);
  } else if (at === 1) {
    next.polynomials = messages.map((message) =>
      message.coefficients.map((text) => ceremony.suite.point(fromBase64url(text))),
    );
  }
  return next;
}

/** The index of the trustee whose message this is, if it is due and holds. */
export function check(ceremony, message) {
  const format = message && typeof message === 'object' ? message.format : null;
  const at = FORMATS.indexOf(format);
  if (at < 0) throw new WrongFile('format');
  if (at !== round(ceremony)) throw new WrongFile('round');
  if (message.ceremony !== toHex(last(ceremony))) throw new WrongFile('ceremony');
  return [checkCertificate, checkReveal, checkConfirmation][at](ceremony, message);
}

function checkCertificate(ceremony, message) {
  demand(hasExactly(message, COMMON.concat('encryption', 'commitment')), 'certificate');
  const { index } = message;
  demand(isIndex(index, count(ceremony)), 'index');
  const key = data(message.encryption, X25519_KEY, 'encryption');
  demand(isHash(message.commitment), 'commitment');
  try {
    // A point of small order gives everybody the same secret, all zeros: refused by noble.
    x25519.getSharedSecret(new Uint8Array(X25519_KEY).fill(1), key);
  } catch (_) {
    throw new Complaint('encryption', index);
  }
  return index;
}

function checkReveal(ceremony, message) {
  const { suite } = ceremony;
  demand(hasExactly(message, COMMON.concat('coefficients', 'proof', 'shares')), 'reveal');
  const { index, coefficients, shares } = message;
  demand(isIndex(index, count(ceremony)), 'index');
  demand(
    Array.isArray(coefficients) && coefficients.length === ceremony.threshold,
    'coefficients',
  );
  const bytes = coefficients.map((text) => data(text, POINT, 'coefficients'));
  const points = bytes.map((point) => pointOf(suite, point, 'coefficients'));
  const proof = data(message.proof, SCHNORR, 'proof');
  demand(Array.isArray(shares) && shares.length === count(ceremony), 'shares');
  shares.forEach((share, i) => {
    if (i + 1 === index) demand(share === null, 'shares');
    else data(share, SEALED_SHARE, 'shares');
  });
  if (commitmentTo(ceremony, index, bytes) !== ceremony.commitments[index - 1]) {
    throw new Complaint('commitment', index);
  }
  const bound = lp(ceremony.hashes[1], u32(index));
  if (!holds(suite, 'possession', points[0], bound, proof)) {
    throw new Complaint('possession', index);
  }
  return index;
}

function checkConfirmation(ceremony, message) {
  const { suite } = ceremony;
  demand(hasExactly(message, COMMON.concat('key', 'proof')), 'confirmation');
  const { index } = message;
  demand(isIndex(index, count(ceremony)), 'index');
  const key = pointOf(suite, data(message.key, POINT, 'key'), 'key');
  const proof = data(message.proof, SCHNORR, 'proof');
  if (!key.equals(keyOf(ceremony, index))) throw new Complaint('key', index);
  if (!holds(suite, 'trustee', key, possession(ceremony, index), proof)) {
    throw new Complaint('possession', index);
  }
  return index;
}

function holds(suite, tag, K, message, proof) {
  try {
    const equations = [keyEquation(suite, tag, K, message, proof)];
    return !failing(suite, [{ equations }]).length;
  } catch (_) {
    return false;
  }
}

const possession = (ceremony, index) =>
  lp(ceremony.session, u32(index), u32(ceremony.threshold), u32(count(ceremony)));

/** The hash a certificate holds of its trustee's polynomial (65 bytes each), hex. */
function commitmentTo(ceremony, index, points) {
  return toHex(
    ceremony.suite.hash(
      lp('YISHI-1-commitment', ceremony.hashes[0], u32(index), ...points),
    ),
  );
}

/** f(at)·G of a polynomial in the exponent. */
function valueInExponent(suite, points, at) {
  const powers = points.map((_, power) => suite.mod(BigInt(at) ** BigInt(power)));
  return suite.sum(points, powers);
}

/** vk of a trustee, from everybody's polynomial. */
function keyOf(ceremony, index) {
  return ceremony.polynomials.reduce(
    (sum, points) => sum.add(valueInExponent(ceremony.suite, points, index)),
    ceremony.suite.identity,
  );
}

/** 160 bits of T_3 in Crockford base32, eight groups of four, to be read aloud. */
export function fingerprint(ceremony) {
  demand(finished(ceremony), 'the ceremony is not finished');
  let bits = '';
  for (const byte of last(ceremony).subarray(0, 20)) bits += byte.toString(2).padStart(8, '0');
  const letters = bits.match(/.{5}/g).map((five) => CROCKFORD[parseInt(five, 2)]);
  return letters.join('').match(/.{4}/g).join('-');
}

/** What the keys will be, known after round 2; a trustee keeps it beside the own key. */
export function publicOf(ceremony) {
  const { suite, names, polynomials } = ceremony;
  const encode = (P) => toBase64url(suite.encode(P));
  return {
    threshold: ceremony.threshold,
    names,
    keys: names.map((_, i) => encode(keyOf(ceremony, i + 1))),
    election_key: encode(
      polynomials.reduce((sum, points) => sum.add(points[0]), suite.identity),
    ),
  };
}

/** The same of a manifest's field `trustees`. */
export function publicOfManifest(field) {
  return {
    threshold: field.threshold,
    names: field.keys.map((key) => key.name),
    keys: field.keys.map((key) => key.key),
    election_key: field.election_key,
  };
}

/** The manifest's field `trustees`. */
export function outcome(ceremony) {
  demand(finished(ceremony), 'the ceremony is not finished');
  return {
    threshold: ceremony.threshold,
    keys: ceremony.value.confirmations.map(({ index, key, proof }, i) => ({
      index,
      name: ceremony.names[i],
      key,
      proof,
    })),
    election_key: publicOf(ceremony).election_key,
  };
}

// --- what a trustee sends ------------------------------------------------------------------

const drawOf = (suite, draw) => draw || (() => suite.random());

/** `{number, coefficients, decryption}`. Draws a_0 … a_{k-1}, then 32 bytes. */
export function newSecret(ceremony, number, draw, random) {
  if (!isIndex(number, count(ceremony))) throw new WrongFile('index');
  const next = drawOf(ceremony.suite, draw);
  const coefficients = [];
  for (let i = 0; i < ceremony.threshold; i++) coefficients.push(next());
  return { number, coefficients, decryption: (random || randomBytes)(X25519_KEY) };
}

const pointsOf = (suite, secret) =>
  secret.coefficients.map((a) => suite.encode(suite.mul(suite.G, a)));

/** Round 1. */
export function certificate(ceremony, secret) {
  const points = pointsOf(ceremony.suite, secret);
  return {
    format: FORMATS[0],
    ceremony: toHex(ceremony.hashes[0]),
    index: secret.number,
    encryption: toBase64url(x25519.getPublicKey(secret.decryption)),
    commitment: commitmentTo(ceremony, secret.number, points),
  };
}

/** Round 2. Draws the proof's w, then 32 bytes for each other trustee in order. */
export function reveal(ceremony, secret, draw, random) {
  demandOwn(ceremony, secret);
  const { suite } = ceremony;
  const bound = lp(ceremony.hashes[1], u32(secret.number));
  const next = drawOf(suite, draw);
  const proof = proveKey(suite, 'possession', secret.coefficients[0], bound, next);
  const shares = ceremony.names.map((_, i) =>
    i + 1 === secret.number
      ? null
      : toBase64url(sealShare(ceremony, secret, i + 1, (random || randomBytes)(X25519_KEY))),
  );
  return {
    format: FORMATS[1],
    ceremony: toHex(ceremony.hashes[1]),
    index: secret.number,
    coefficients: pointsOf(suite, secret).map(toBase64url),
    proof: toBase64url(proof),
    shares,
  };
}

/** Round 3: `{message, secret: x_j}`, if every share that was sent to this trustee holds. */
export function confirm(ceremony, secret, draw) {
  demandOwn(ceremony, secret);
  const { suite } = ceremony;
  let total = valueAt(suite, secret, secret.number);
  ceremony.value.reveals.forEach((sent, i) => {
    if (i + 1 === secret.number) return;
    total += openShare(ceremony, i + 1, secret, fromBase64url(sent.shares[secret.number - 1]));
  });
  const key = suite.mod(total);
  const message = possession(ceremony, secret.number);
  const proof = proveKey(suite, 'trustee', key, message, drawOf(suite, draw));
  return {
    message: {
      format: FORMATS[2],
      ceremony: toHex(ceremony.hashes[2]),
      index: secret.number,
      key: toBase64url(suite.encode(suite.mul(suite.G, key))),
      proof: toBase64url(proof),
    },
    secret: key,
  };
}

/** Whether `secret` decrypts what was encrypted under `key` (65 bytes) just now. */
export function decrypts(suite, key, secret) {
  const r = suite.random();
  const A = suite.mul(suite.G, r);
  const B = suite.mul(suite.point(key), r).add(suite.G);
  return B.subtract(suite.mul(A, secret)).equals(suite.G);
}

/** That the trustee's own certificate is in the transcript as it was sent. */
function demandOwn(ceremony, secret) {
  const sent = ceremony.value.certificates[secret.number - 1];
  if (!sent || canonical(sent) !== canonical(certificate(ceremony, secret))) {
    throw new WrongFile('own');
  }
}

/** f(at). */
function valueAt(suite, secret, at) {
  return secret.coefficients.reduceRight((sum, a) => suite.mod(sum * BigInt(at) + a), ZERO);
}

function shareKey(ceremony, sender, to, sent, common) {
  const info = lp('YISHI-1-share', u32(sender), u32(to), sent, ceremony.recipients[to - 1]);
  return hkdf(ceremony.suite.hash, common, ceremony.hashes[1], info, 32);
}

/** E ‖ AES-256-GCM of the 32 bytes of the share. `once`: the X25519 secret of E. */
function sealShare(ceremony, secret, to, once) {
  const { suite } = ceremony;
  const sent = x25519.getPublicKey(once);
  const common = x25519.getSharedSecret(once, ceremony.recipients[to - 1]);
  const key = shareKey(ceremony, secret.number, to, sent, common);
  const share = suite.encodeScalar(valueAt(suite, secret, to));
  return concat(sent, gcm(key, NO_NONCE).encrypt(share));
}

/** The share of `sender`, if it is f(index) of the polynomial that was revealed. */
function openShare(ceremony, sender, secret, sealed) {
  const { suite } = ceremony;
  try {
    const sent = sealed.subarray(0, X25519_KEY);
    const common = x25519.getSharedSecret(secret.decryption, sent);
    const key = shareKey(ceremony, sender, secret.number, sent, common);
    const share = bytesToInt(gcm(key, NO_NONCE).decrypt(sealed.subarray(X25519_KEY)));
    const points = ceremony.polynomials[sender - 1];
    const right = suite.encode(valueInExponent(suite, points, secret.number));
    if (share !== ZERO && share < suite.q) {
      if (equal(suite.encode(suite.mul(suite.G, share)), right)) return share;
    }
  } catch (_) {
    // named below
  }
  throw new Complaint('share', sender);
}
