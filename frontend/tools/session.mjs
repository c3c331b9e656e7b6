/**
 * Holds a whole vote in memory and writes its export: what the server does, done again in
 * JavaScript, so that the verifiers have boards of any size and any fault to refuse.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  ballotDigest,
  manifestHash,
  NO_PREVIOUS,
  readBallot,
  seal,
  sign,
} from '../src/protocol/ballot.js';
import { concat, lp, toBase64url, toHex, u32, utf8 } from '../src/protocol/bytes.js';
import { aggregate, decryptShare, encodeAggregates, SIDES, verdicts } from '../src/protocol/count.js';
import { canonical, canonicalBytes } from '../src/protocol/json.js';
import { Tree } from '../src/protocol/merkle.js';
import { proveKey } from '../src/protocol/proofs.js';
import { randomBytes, suiteNamed } from '../src/protocol/suite.js';

const LINE_FEED = Uint8Array.of(10);

export function question(id, changes) {
  return {
    id,
    matter: 5,
    kind: 'question',
    title: '议题' + id,
    text: '是否同意？',
    options: ['for', 'against', 'abstain'],
    min: 1,
    max: 1,
    approval: '1/2',
    requires: [],
    attachments: [],
    election: null,
    ...changes,
  };
}

/** What makes a motion an election: ranked by heads, then area, by a cited rule. */
export function election(options, seats, terms) {
  const clause = '议事规则第二十条：得票人数多的当选，再比面积。';
  return {
    kind: 'election',
    matter: 3,
    options,
    min: 0,
    max: Math.min(seats, options.length),
    election: {
      seats,
      alternates: 0,
      ranking: { by: 'heads_then_area', clause },
      stands: null,
      ...terms,
    },
  };
}

export class Session {
  /** @param {{suite, motions, parties, threshold, trustees}} options `parties`: number of them. */
  constructor({
    suite = 'P256-SHA256',
    motions,
    parties,
    threshold = 1,
    trustees = 1,
    revote = true,
  }) {
    this.suite = suiteNamed(suite);
    this.boardSecret = randomBytes(32);
    this.secrets = Array.from({ length: parties }, () => this.suite.random());
    this.last = {};
    this.time = '2026-03-01T00:00:00Z';
    this.checkpoints = [];
    this.lines = [];
    this.roll = this.secrets.map((k, i) => ({
      party: i + 1,
      area: 8000 + ((i * 137) % 4000),
      key: toBase64url(this.suite.encode(this.suite.mul(this.suite.G, k))),
      commitment: toHex(sha256(Uint8Array.of(i & 255, i >> 8))),
    }));
    this.manifest = this.makeManifest(suite, motions, threshold, trustees, revote);
    this.M = manifestHash(this.suite, this.manifest);
    this.append('manifest', this.manifest);
  }

  makeManifest(suite, motions, threshold, n, revote) {
    const session = 'JS-2026';
    const s = this.suite;
    const polynomial = Array.from({ length: threshold }, () => s.random());
    const at = (x) => polynomial.reduceRight((sum, a) => s.mod(sum * BigInt(x) + a), BigInt(0));
    this.shares = Array.from({ length: n }, (_, i) => at(i + 1));
    const point = (k) => toBase64url(s.encode(s.mul(s.G, k)));
    const tree = new Tree(s);
    this.roll.forEach((row) => tree.append(canonicalBytes(row)));
    const keys = this.shares.map((x, i) => {
      const message = lp(session, u32(i + 1), u32(threshold), u32(n));
      const proof = toBase64url(proveKey(s, 'trustee', x, message, () => s.random()));
      return { index: i + 1, name: '受托人' + (i + 1), key: point(x), proof };
    });
    return {
      format: 'yishi-manifest-1',
      suite,
      session,
      title: '业主大会会议',
      estate: '测试花园',
      division: '999999000000',
      organiser: '测试花园业主委员会',
      motions,
      quorum: { area: [2, 3], heads: [2, 3] },
      profile: { code: 'cn', sha256: '0'.repeat(64) },
      roll: {
        root: toHex(tree.root()),
        heads: this.roll.length,
        area: this.roll.reduce((sum, row) => sum + row.area, 0),
      },
      opens_at: '2026-03-01T01:05:00Z',
      closes_at: '2026-03-15T10:03:00Z',
      revote,
      trustees: { threshold, keys, election_key: point(polynomial[0]) },
      opening_policy: 'secret',
      board_key: toBase64url(ed25519.getPublicKey(this.boardSecret)),
      witnesses: [],
      witnesses_needed: 0,
      bundle: '0'.repeat(64),
      challenge_hours: 24,
      paper: false,
      silence: null,
      letters: { by: 'host', name: '平台' },
    };
  }

  append(type, body) {
    const seq = this.lines.length;
    const prev = seq ? toHex(this.suite.hash(this.lines[seq - 1])) : NO_PREVIOUS;
    this.lines.push(canonicalBytes({ seq, time: this.time, type, prev, body }));
    return seq;
  }

  signed(value) {
    return toBase64url(ed25519.sign(canonicalBytes(value), this.boardSecret));
  }

  checkpoint() {
    const tree = new Tree(this.suite);
    this.lines.forEach((line) => tree.append(line));
    const head = {
      session: this.manifest.session,
      size: this.lines.length,
      root: toHex(tree.root()),
      time: this.time,
    };
    this.checkpoints.push({ ...head, signature: this.signed(head), cosignatures: [] });
    return head.root;
  }

  /** Casts for a party and gives the receipt. */
  cast(party, choices, by = 'browser') {
    this.time = '2026-03-02T08:00:00Z';
    const k = this.secrets[party - 1];
    const key = this.suite.encode(this.suite.mul(this.suite.G, k));
    const before = this.last[party];
    const sealed = seal({
      manifest: this.manifest,
      party,
      key,
      number: before ? before.number + 1 : 1,
      previous: before ? toHex(ballotDigest(this.suite, before)) : NO_PREVIOUS,
      choices,
      encryptedBy: by,
    });
    const ballot = sign(this.suite, sealed.ballot, k);
    this.append('ballot', ballot);
    this.last[party] = ballot;
    const receipt = {
      format: 'yishi-receipt-1',
      session: this.manifest.session,
      manifest: toHex(this.M),
      party,
      tracker: toHex(sealed.digest),
      seq: this.lines.length - 1,
      encrypted_by: by,
      recorded_at: this.time,
      checkpoint_by: '2026-03-02T08:20:00Z',
    };
    return { ...receipt, signature: this.signed(receipt) };
  }

  replaceKey(party) {
    const k = this.suite.random();
    const key = toBase64url(this.suite.encode(this.suite.mul(this.suite.G, k)));
    const s = this.suite;
    const replaces = toBase64url(s.encode(s.mul(s.G, this.secrets[party - 1])));
    this.secrets[party - 1] = k;
    this.append('credential', { party, key, replaces, reason: 'code' });
  }

  /** Closes, rules out `excluded` parties, counts, decrypts and decides. */
  count(chosen, excluded = []) {
    const area = (party) => this.roll[party - 1].area;
    const there = Object.keys(this.last).map(Number);
    const sum = (parties) => parties.reduce((total, party) => total + area(party), 0);
    this.time = '2026-03-15T10:00:00Z';
    const ballots = this.lines.filter((line) => Buffer.from(line).includes('"type":"ballot"'));
    this.append('close', {
      ballots: ballots.length,
      parties: there.length,
      heads: there.length,
      area: sum(there),
    });
    excluded.forEach((party) =>
      this.append('ruling', { party, sha256: '1'.repeat(64), signers: ['甲', '乙'] }),
    );
    this.time = '2026-03-16T10:00:00Z';
    this.tally(
      there.filter((party) => excluded.indexOf(party) < 0),
      chosen,
    );
    const pdf = utf8('%PDF-1.7 for the test');
    this.append('resolution', { sha256: toHex(sha256(pdf)), number: '第1号' });
    this.checkpoint();
    return this.export({ 'resolution.pdf': pdf });
  }

  tally(parties, chosen) {
    const s = this.suite;
    const area = (party) => this.roll[party - 1].area;
    const entries = this.lines.map((line) => JSON.parse(Buffer.from(line).toString()));
    const seqOf = (party) =>
      entries.filter((e) => e.type === 'ballot' && e.body.party === party).pop().seq;
    const read = parties.map((party) => ({
      party,
      ballot: readBallot(s, this.manifest, this.M, this.last[party]),
    }));
    const sums = this.manifest.motions.map((motion, i) => {
      const answers = read
        .filter(({ ballot }) => ballot.answers[i])
        .map(({ party, ballot }) => ({ answer: ballot.answers[i], area: area(party) }));
      return aggregate(s, motion, answers);
    });
    const counts = this.manifest.motions.map((motion, i) => {
      const took = parties.filter((party) => chosen[party][i] !== null);
      const of = (some) => ({
        heads: some.length,
        area: some.reduce((total, party) => total + area(party), 0),
      });
      const totals = motion.options.map((_, o) =>
        of(took.filter((party) => chosen[party][i].indexOf(o) >= 0)),
      );
      return { id: motion.id, participating: of(took), totals };
    });
    const tallySeq = this.append('tally', {
      counted: parties.map((party) => ({ party, seq: seqOf(party) })),
      motions: counts.map(({ id, participating }, i) => ({
        id,
        participating,
        ...encodeAggregates(s, sums[i]),
      })),
    });
    const tally = s.hash(this.lines[tallySeq]);
    this.shares.slice(0, this.manifest.trustees.threshold).forEach((x, index) => {
      const motions = sums.map((sides, motion) => {
        const out = {};
        SIDES.forEach((name, side) => {
          out[name] = sides[name].map(([A, B], option) =>
            this.share({ x, j: index + 1, tally, motion, option, side, A, B }),
          );
        });
        return out;
      });
      this.append('decryption', { trustee: index + 1, motions });
    });
    const decided = verdicts(this.manifest, counts);
    this.append('result', { motions: counts.map((count, i) => ({ ...count, ...decided[i] })) });
  }

  share({ x, ...place }) {
    const vk = this.suite.mul(this.suite.G, x);
    return decryptShare(this.suite, { M: this.M, vk, ...place }, x);
  }

  /** Name → bytes, as a verifier reads them. */
  export(more = {}) {
    const file = (lines) => concat(...lines.flatMap((line) => [line, LINE_FEED]));
    const files = {
      'board.jsonl': file(this.lines),
      'checkpoints.jsonl': file(this.checkpoints.map(canonicalBytes)),
      'roll.jsonl': file(this.roll.map(canonicalBytes)),
      ...more,
    };
    return withIndex(files, this.manifest.session);
  }

  /** Links, checkpoints and index made anew after `edit` changed the entries: a forger's work. */
  forge(edit, more = {}) {
    const entries = this.lines.map((line) => JSON.parse(Buffer.from(line).toString()));
    const edited = edit(entries) || entries;
    this.lines = [];
    edited.forEach((entry) => {
      this.time = entry.time;
      this.append(entry.type, entry.body);
    });
    this.checkpoints = [];
    this.checkpoint();
    return this.export(more);
  }
}

export function withIndex(files, session) {
  const index = {};
  Object.keys(files).forEach((name) => {
    index[name] = { size: files[name].length, sha256: toHex(sha256(files[name])) };
  });
  const value = { format: 'yishi-export-1', session, files: index };
  return { ...files, 'index.json': concat(utf8(canonical(value)), LINE_FEED) };
}
