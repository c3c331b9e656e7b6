/**
 * What one trustee does on an own device, as `python -m voting.trustee` does it: bytes in, bytes
 * out. A refusal is a Stop with a code of words.js.
 */
import * as ceremony from '../protocol/ceremony.js';
import { addHours } from '../protocol/board.js';
import { fromBase64url, toBase64url, toHex } from '../protocol/bytes.js';
import { decryptionEquations, decryptShare, SIDES } from '../protocol/count.js';
import { Refused } from '../protocol/errors.js';
import { canonical, canonicalBytes } from '../protocol/json.js';
import { fileOf, openFile, sealFile, valueOf } from '../protocol/keyfile.js';
import { failing } from '../protocol/proofs.js';
import { bytesToInt, suiteNamed } from '../protocol/suite.js';
import { Verification } from '../protocol/verifier.js';

const WORK = 'yishi-trustee-work-1';
const KEY = 'yishi-trustee-key-1';
const SHORTEST = 12;
const OPENED = 'yishi-opened-1';

/** The tool refuses; `code` and `facts` make the sentence. */
export class Stop extends Error {
  constructor(code, facts) {
    super(code);
    this.code = code;
    this.facts = facts || {};
  }
}

/** Any error as a Stop. */
export function stopOf(error) {
  if (error instanceof Stop) return error;
  if (error instanceof ceremony.Complaint) {
    return new Stop('complaint.' + error.code, { index: error.index });
  }
  if (error instanceof ceremony.WrongFile) return new Stop('wrong.' + error.code);
  if (error instanceof Refused) {
    const known = ['canonical', 'keyfile', 'passphrase'];
    return new Stop(known.indexOf(error.check) >= 0 ? error.check : 'wrong.other');
  }
  return new Stop('failed');
}

const readCeremony = (bytes) => ceremony.parse(valueOf(bytes, ceremony.MAX_SIZE));

/** The transcript, which must be at the beginning of the round. */
function current(bytes, round) {
  const found = readCeremony(bytes);
  if (ceremony.round(found) !== round) throw new Stop('round', { due: ceremony.round(found) });
  return found;
}

function readWork(bytes, passphrase, found) {
  const value = openFile(bytes, WORK, passphrase);
  if (value.terms !== toHex(found.hashes[0])) throw new Stop('work.another');
  return {
    number: value.number,
    coefficients: value.coefficients.map((text) => bytesToInt(fromBase64url(text))),
    decryption: fromBase64url(value.decryption),
  };
}

const scalarText = (suite, n) => toBase64url(suite.encodeScalar(n));

/** What a key file holds, tried: it decrypts what was encrypted for it just now. */
function readKey(bytes, passphrase) {
  const value = openFile(bytes, KEY, passphrase);
  const secret = bytesToInt(fromBase64url(value.secret));
  const point = fromBase64url(value.public.keys[value.number - 1]);
  if (!ceremony.decrypts(suiteNamed(value.suite), point, secret)) throw new Stop('key.broken');
  return Object.assign({}, value, { secret });
}

/** The key that an examined export may be opened with, until `decrypt` or the next act. */
let due = null;

export const ACTS = {
  /** Which round is due, and for whom. */
  look({ file }) {
    const found = readCeremony(file);
    return {
      round: ceremony.round(found),
      session: found.session,
      threshold: found.threshold,
      names: found.names,
    };
  },

  certificate({ file, index, passphrase, cost }) {
    const found = current(file, 0);
    if (Array.from(passphrase).length < SHORTEST) {
      throw new Stop('passphrase.short', { least: SHORTEST });
    }
    const secret = ceremony.newSecret(found, index);
    const work = {
      number: index,
      terms: toHex(found.hashes[0]),
      coefficients: secret.coefficients.map((a) => scalarText(found.suite, a)),
      decryption: toBase64url(secret.decryption),
    };
    return {
      work: sealFile(WORK, work, passphrase, cost),
      message: fileOf(ceremony.certificate(found, secret)),
    };
  },

  reveal({ file, work, passphrase }) {
    const found = current(file, 1);
    const secret = readWork(work, passphrase, found);
    return { number: secret.number, message: fileOf(ceremony.reveal(found, secret)) };
  },

  confirm({ file, work, passphrase, cost }) {
    const found = current(file, 2);
    const own = readWork(work, passphrase, found);
    const { message, secret } = ceremony.confirm(found, own);
    const key = {
      session: found.session,
      suite: found.suite.name,
      number: own.number,
      secret: scalarText(found.suite, secret),
      sitting: toHex(found.hashes[2]),
      public: ceremony.publicOf(found),
    };
    const keys = [0, 1].map(() => sealFile(KEY, key, passphrase, cost));
    return { number: own.number, keys, message: fileOf(message) };
  },

  fingerprint({ file, key, passphrase }) {
    const found = readCeremony(file);
    if (!ceremony.finished(found)) throw new Stop('unfinished');
    const mine = readKey(key, passphrase);
    const same =
      mine.sitting === toHex(found.hashes[2]) &&
      canonical(mine.public) ===
        canonical(ceremony.publicOfManifest(ceremony.outcome(found)));
    if (!same) throw new Stop('sitting.another');
    return { fingerprint: ceremony.fingerprint(found) };
  },

  /** Both copies; with an export also whether the session uses this key. */
  test({ key, copy, passphrase, files }, progress) {
    const [one, other] = [key, copy].map((bytes) => readKey(bytes, passphrase));
    const text = ({ secret, ...rest }) => canonical(rest) + secret;
    if (text(one) !== text(other)) throw new Stop('key.two');
    const out = { number: one.number, session: one.session, compared: false };
    if (files) {
      const checked = verified(files, undefined, progress);
      demandOurs(checked.manifest, one);
      out.compared = true;
    }
    return out;
  },

  /** What an export lets this trustee open; see `decrypt`. `now`: the device's clock. */
  examine({ files, key, passphrase, now, root, note }, progress) {
    due = null;
    const mine = readKey(key, passphrase);
    const checked = verified(files, root, progress);
    demandOurs(checked.manifest, mine);
    const closesAt = demandPhase(checked, mine, now);
    const { manifest, suite } = checked;
    const what = toHex(suite.hash(canonicalBytes(checked.tally.body)));
    const opens = { format: OPENED, session: manifest.session, what };
    if (note) demandSame(note, opens);
    due = { checked, mine, opens };
    return {
      opens,
      session: manifest.session,
      title: manifest.title,
      estate: manifest.estate,
      closesAt,
      close: checked.close.body,
      excluded: checked.entries.filter((entry) => entry.type === 'ruling').length,
      policy: manifest.opening_policy,
      threshold: manifest.trustees.threshold,
      count: manifest.trustees.keys.length,
      number: mine.number,
      motions: manifest.motions.map((motion, i) => ({
        title: motion.title,
        options: motion.options.length,
        took: checked.participation()[i],
      })),
    };
  },

  /** The share file of what was examined, and the note that it was opened. */
  decrypt() {
    if (!due) throw new Stop('failed');
    const { checked, mine, opens } = due;
    due = null;
    return { number: mine.number, note: fileOf(opens), share: fileOf(shareOf(checked, mine)) };
  },
};

/** Refuses a second, different set: the difference of two sums gives a ballot away. */
export function demandSame(note, opens) {
  let said = null;
  try {
    said = valueOf(note);
  } catch (_) {
    throw new Stop('canonical');
  }
  if (canonical(said) !== canonical(opens)) throw new Stop('opened.other');
}

function verified(files, root, progress) {
  const checked = new Verification(files, { root, progress });
  const report = checked.run();
  const bad = report.checks.find((check) => !check.ok);
  if (bad || !report.ok) {
    throw new Stop('unverified', bad ? { name: bad.name, detail: bad.detail } : {});
  }
  return Object.assign(checked, { report });
}

function demandOurs(manifest, mine) {
  if (manifest.session !== mine.session) throw new Stop('session.another');
  const held = ceremony.publicOfManifest(manifest.trustees);
  if (canonical(held) !== canonical(mine.public)) throw new Stop('keys.another');
}

/** The end of voting, as it may have been extended. */
function demandPhase(checked, mine, now) {
  const { manifest, entries } = checked;
  if (!checked.close) throw new Stop('open.voting');
  const closesAt = checked.extension ? checked.extension.body.closes_at : manifest.closes_at;
  // A box with papers in it lengthens the list that can be objected to (§9).
  const filled = checked.box && checked.box.body.counted ? checked.box.time : '';
  const over = addHours(closesAt > filled ? closesAt : filled, manifest.challenge_hours);
  if (now < over) throw new Stop('open.early', { until: over });
  if (!checked.tally) throw new Stop('open.tally');
  if (!checked.report.checks.some(({ name, ok }) => name === 'aggregates' && ok)) {
    throw new Stop('open.sums');
  }
  if (checked.result) throw new Stop('open.done');
  const own = entries.some(
    ({ type, body }) => type === 'decryption' && body.trustee === mine.number,
  );
  if (own) throw new Stop('open.own');
  return closesAt;
}

/** The share file, checked as anybody will check it. */
function shareOf(checked, mine) {
  const { suite, manifest, M } = checked;
  const tally = suite.hash(checked.lines[checked.tally.seq]);
  const vk = checked.trusteeKeys[mine.number - 1];
  const claims = [];
  const motions = checked.aggregates.map((sums, motion) => {
    const out = {};
    SIDES.forEach((name, side) => {
      out[name] = sums[name].map(([A, B], option) => {
        const place = { M, tally, motion, option, side, j: mine.number, vk, A, B };
        const share = decryptShare(suite, place, mine.secret);
        claims.push({ equations: decryptionEquations(suite, place, share).equations });
        return share;
      });
    });
    return out;
  });
  if (failing(suite, claims).length) throw new Stop('failed');
  return {
    format: 'yishi-share-1',
    session: manifest.session,
    manifest: toHex(M),
    tally: toHex(tally),
    decryption: { trustee: mine.number, motions },
  };
}
