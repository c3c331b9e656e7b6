/** Lines, times, checkpoints and receipts (docs/protocol.md §9). */
import { ed25519 } from '@noble/curves/ed25519.js';
import { fromBase64url, fromHash, toHex } from './bytes.js';
import { ballotDigest, manifestHash } from './ballot.js';
import { canonicalBytes, hasExactly, parseCanonical } from './json.js';
import { rootOfPath } from './merkle.js';
import { suiteNamed } from './suite.js';

const CHECKPOINT = ['session', 'size', 'root', 'time', 'signature', 'cosignatures'];
const RECEIPT = [
  'format',
  'session',
  'manifest',
  'party',
  'tracker',
  'seq',
  'encrypted_by',
  'recorded_at',
  'checkpoint_by',
  'signature',
];

export const isText = (value) => typeof value === 'string' && value !== '';
export const isNumber = (value) => Number.isSafeInteger(value) && value >= 0;

export function isHash(value) {
  return isText(value) && /^[0-9a-f]{64}$/.test(value);
}

/** A UTC time of the protocol, years 2000 to 2999; such texts sort as the times they name. */
export function isTime(value) {
  if (!isText(value) || !/^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return false;
  const date = new Date(value);
  return !isNaN(date) && date.toISOString() === value.slice(0, -1) + '.000Z';
}

/** A time rounded down to ten minutes, as every entry's is. */
export const tenMinutes = (time) => time.slice(0, 15) + '0:00Z';

export function addHours(time, hours) {
  return new Date(Date.parse(time) + hours * 3600e3).toISOString().slice(0, 19) + 'Z';
}

/** The lines of a file, each without its line feed; every line ends in one. */
export function splitLines(bytes) {
  const out = [];
  let from = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
    out.push(bytes.subarray(from, at));
    from = at + 1;
  }
  if (from !== bytes.length || !out.length) throw new Error('the last line has no line feed');
  return out;
}

export function without(value, ...fields) {
  const rest = Object.assign({}, value);
  fields.forEach((field) => delete rest[field]);
  return rest;
}

/** Ed25519 (RFC 8032) over the canonical form; false for whatever is malformed. */
export function signedBy(key, value, signature) {
  try {
    return ed25519.verify(fromBase64url(signature), canonicalBytes(value), fromBase64url(key), {
      zip215: false,
    });
  } catch (_) {
    return false;
  }
}

/** Throws unless `checkpoint` has its shape and is signed by the board (and its witnesses). */
export function checkCheckpoint(checkpoint, manifest) {
  const body = () => without(checkpoint, 'signature', 'cosignatures');
  if (!hasExactly(checkpoint, CHECKPOINT)) throw new Error('not the fields of a checkpoint');
  if (checkpoint.session !== manifest.session) throw new Error('of another session');
  if (!isNumber(checkpoint.size) || !checkpoint.size) throw new Error('a size below 1');
  if (!isHash(checkpoint.root) || !isTime(checkpoint.time)) throw new Error('root or time');
  if (!signedBy(manifest.board_key, body(), checkpoint.signature)) {
    throw new Error('not signed by the board');
  }
  if (!Array.isArray(checkpoint.cosignatures)) throw new Error('cosignatures are no list');
  const seen = [];
  for (const witness of checkpoint.cosignatures) {
    if (!hasExactly(witness, ['key', 'signature'])) throw new Error('not a cosignature');
    if (manifest.witnesses.indexOf(witness.key) < 0 || seen.indexOf(witness.key) >= 0) {
      throw new Error('cosigned by an unknown witness, or twice');
    }
    if (!signedBy(witness.key, body(), witness.signature))
      throw new Error('a false cosignature');
    seen.push(witness.key);
  }
  return checkpoint;
}

/** Throws unless `receipt` is one of this manifest, signed by its board. */
export function checkReceipt(receipt, manifest, M) {
  if (!hasExactly(receipt, RECEIPT) || receipt.format !== 'yishi-receipt-1') {
    throw new Error('not a receipt');
  }
  if (receipt.session !== manifest.session || receipt.manifest !== toHex(M)) {
    throw new Error('a receipt of another session');
  }
  const { party, tracker, seq, encrypted_by: by } = receipt;
  const shaped = isNumber(party) && party && isHash(tracker) && isNumber(seq) && seq;
  if (!shaped || (by !== 'browser' && by !== 'server')) throw new Error('not a receipt');
  // What is no time would never fall due.
  if (!isTime(receipt.recorded_at) || !isTime(receipt.checkpoint_by)) {
    throw new Error('a receipt without its times');
  }
  if (!signedBy(manifest.board_key, without(receipt, 'signature'), receipt.signature)) {
    throw new Error('not signed by the board');
  }
  return receipt;
}

/** The ballot that an entry holds, if it may hold one. */
export function ballotOf(entry) {
  return entry.type === 'paper' ? entry.body.ballot : entry.body;
}

/** Throws unless this entry of the board is what the receipt promises. */
export function checkReceiptEntry(suite, receipt, entry) {
  const holds = entry && (entry.type === 'ballot' || entry.type === 'paper');
  if (!holds || entry.seq !== receipt.seq) {
    throw new Error('no ballot at this place of the board');
  }
  const ballot = ballotOf(entry);
  const same =
    toHex(ballotDigest(suite, ballot)) === receipt.tracker &&
    ballot.party === receipt.party &&
    ballot.encrypted_by === receipt.encrypted_by &&
    entry.time === receipt.recorded_at;
  if (!same) throw new Error('another ballot stands at this place of the board');
}

/** Until when to wait for a checkpoint: a promise for later than a day is none. */
function promisedBy(receipt) {
  const longest = addHours(receipt.recorded_at, 24);
  return receipt.checkpoint_by < longest ? receipt.checkpoint_by : longest;
}

/**
 * Checks one receipt with the board's proof for it: the lines of manifest and entry, the
 * inclusion path and the checkpoint (null where none covers it yet). `now`: a time.
 * @returns {{checks: {name, ok, detail}[], ok: boolean, pending: boolean}}
 */
export function checkReceiptProof(receipt, proof, now) {
  const checks = [];
  let failed = false;
  const step = (name, act) => {
    if (failed) return undefined;
    try {
      const value = act();
      checks.push({ name: 'receipt.' + name, ok: true, detail: '' });
      return value;
    } catch (error) {
      failed = true;
      checks.push({ name: 'receipt.' + name, ok: false, detail: error.message });
      return undefined;
    }
  };
  const line = (text) => new TextEncoder().encode(text);

  const read = step('manifest', () => {
    const first = parseCanonical(line(proof.manifest));
    const suite = suiteNamed(first.body.suite);
    const M = manifestHash(suite, first.body);
    if (first.seq !== 0 || first.type !== 'manifest' || toHex(M) !== receipt.manifest) {
      throw new Error('the receipt names another manifest');
    }
    return { suite, manifest: first.body, M };
  });
  step('signature', () => checkReceipt(receipt, read.manifest, read.M));
  step('entry', () =>
    checkReceiptEntry(read.suite, receipt, parseCanonical(line(proof.entry))),
  );
  const pending = !failed && proof.checkpoint === null && now <= promisedBy(receipt);
  if (pending) return { checks, ok: false, pending };
  step('checkpoint', () => {
    if (proof.checkpoint === null) throw new Error('the promised checkpoint is overdue');
    checkCheckpoint(proof.checkpoint, read.manifest);
  });
  step('inclusion', () => {
    const { size, root } = proof.checkpoint;
    const path = proof.path.map(fromHash);
    if (toHex(rootOfPath(read.suite, line(proof.entry), receipt.seq, size, path)) !== root) {
      throw new Error('the checkpoint does not cover this ballot');
    }
  });
  return { checks, ok: !failed, pending: false };
}
