/** The fields of entries and of their bodies, and the phase of each type (protocol §9). */
import { x25519 } from '@noble/curves/ed25519.js';
import { fromBase64url } from './bytes.js';
import { isHash, isNumber, isText, isTime } from './board.js';
import { hasExactly } from './json.js';

export const ENTRY = ['seq', 'time', 'type', 'prev', 'body'];
export const PHASES = {
  manifest: 0,
  credential: 1,
  ballot: 1,
  extend: 1,
  withdrawal: 1,
  close: 2,
  paper: 2,
  box: 2,
  ruling: 2,
  deemed: 3,
  tally: 4,
  decryption: 4,
  result: 4,
  // After the result, in any order.
  openings: 5,
  resolution: 5,
  late_ruling: 5,
  court_order: 5,
  court_opening: 5,
};

/** A shape of a body: every field is there, no other, and each satisfies its test. */
function bodyOf(tests) {
  return (body) =>
    hasExactly(body, Object.keys(tests)) &&
    Object.keys(tests).every((name) => tests[name](body[name]));
}

export const isParty = (v) => isNumber(v) && v > 0;
export const isList = Array.isArray;
export const isCount = bodyOf({ heads: isNumber, area: isNumber });
const isTwoSigners = (v) =>
  isList(v) && v.length === 2 && v.every(isText) && v[0] !== v[1];
const isSettled = (proof) => (v) =>
  isList(v) && v.every(bodyOf({ party: isParty, [proof]: isHash }));
const isKeyText = (v) => isText(v) && v.length === 87;
/** Why a credential is replaced. */
const REASONS = ['code', 'reissue', 'proxy', 'assisted', 'transfer'];
export const BODIES = {
  manifest: () => true,
  ballot: () => true,
  credential: bodyOf({
    party: isParty,
    key: isKeyText,
    replaces: isKeyText,
    reason: (v) => isText(v) && REASONS.includes(v),
  }),
  extend: bodyOf({ closes_at: isTime, sha256: isHash }),
  withdrawal: bodyOf({ motion: isText, option: isText, sha256: isHash }),
  deemed: bodyOf({ parties: (v) => isList(v) && v.every(isParty), sha256: isHash }),
  close: bodyOf({ ballots: isNumber, parties: isNumber, heads: isNumber, area: isNumber }),
  paper: bodyOf({
    ballot: () => true,
    scan: isHash,
    signers: isTwoSigners,
    ruling: (v) => v === null || isHash(v),
  }),
  box: bodyOf({
    counted: isNumber,
    entered: (v) => isList(v) && v.every(isParty),
    spoiled: isSettled('scan'),
    ruled_out: isSettled('ruling'),
    signers: isTwoSigners,
  }),
  ruling: bodyOf({ party: isParty, sha256: isHash, signers: isTwoSigners }),
  tally: bodyOf({
    counted: (v) => isList(v) && v.every(bodyOf({ party: isParty, seq: isNumber })),
    motions: (v) =>
      isList(v) &&
      v.every(bodyOf({ id: isText, participating: isCount, heads: isList, area: isList })),
  }),
  decryption: bodyOf({
    trustee: isParty,
    motions: (v) => isList(v) && v.every(bodyOf({ heads: isShares, area: isShares })),
  }),
  result: bodyOf({
    motions: (v) => isList(v) && v.every((m) => m && isCount(m.participating)),
  }),
  openings: bodyOf({ sha256: isHash, ballots: isNumber }),
  resolution: bodyOf({ sha256: isHash, number: isText }),
  late_ruling: bodyOf({
    party: isParty,
    sha256: isHash,
    signers: isTwoSigners,
    finding: (v) => v === 'stands' || v === 'recount',
    motions: () => true,
  }),
  court_order: bodyOf({
    party: isParty,
    seq: isNumber,
    court: isText,
    number: isText,
    sha256: isHash,
    key: isSealingKey,
    signers: isTwoSigners,
  }),
  court_opening: bodyOf({ order: isNumber, trustee: isParty, sha256: isHash }),
};

/** 32 bytes of X25519 to which something can be sealed: not a point of small order. */
function isSealingKey(value) {
  if (!isText(value) || value.length !== 43) return false;
  try {
    return x25519.getSharedSecret(new Uint8Array(32).fill(1), fromBase64url(value)).length === 32;
  } catch {
    return false;
  }
}

export const BODY_CHECK = {
  credential: 'ballots.credential',
  close: 'participation',
  paper: 'paper',
  box: 'box',
  deemed: 'counted',
  tally: 'counted',
  decryption: 'decryption',
  result: 'totals',
  resolution: 'resolution',
};

export function hasOwn(object, key) {
  return isText(key) && Object.prototype.hasOwnProperty.call(object, key);
}

export function isShares(value) {
  return isList(value) && value.every(bodyOf({ share: isText, proof: isText }));
}
