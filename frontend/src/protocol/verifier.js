/** Verifies a whole export (docs/protocol.md §§11, 12), in Node and on the check page. */
import { sha256 } from '@noble/hashes/sha2.js';
import { ballotClaims, demandUnique, manifestHash, NO_PREVIOUS, readBallot } from './ballot.js';
import { BODIES, BODY_CHECK, ENTRY, hasOwn, isCount, isList, PHASES } from './bodies.js';
import {
  addHours,
  ballotOf,
  checkCheckpoint,
  checkReceipt,
  checkReceiptEntry,
  isHash,
  isNumber,
  isTime,
  splitLines,
  tenMinutes,
} from './board.js';
import { fromBase64url, toHex } from './bytes.js';
import {
  aggregate,
  decryptionEquations,
  encodeAggregates,
  opensTo,
  SIDES,
  verdicts,
} from './count.js';
import { demand } from './errors.js';
import { canonical, hasExactly, parseCanonical } from './json.js';
import { lateFinding } from './late.js';
import { checkManifest, readTrustees, trusteeClaims } from './manifest.js';
import { Tree } from './merkle.js';
import { checkOpenings } from './openings.js';
import { failing } from './proofs.js';
import { suiteNamed, ZERO } from './suite.js';

const NAMES = ['board.jsonl', 'checkpoints.jsonl', 'roll.jsonl'];
const RESOLUTION = 'resolution.pdf';
const NO_PAPERS = { spoiled: [], ruled_out: [] };
const ELECTION = [
  'withdrawn',
  'qualified',
  'elected',
  'alternates',
  'undecided',
  'stands',
];
const BATCH = 250; // ballots of one multi-scalar sum

/**
 * @param {Object<string, Uint8Array>} files name → bytes, every file of the folder
 * @param {{root?: string, key?: string, receipt?: object, openings?: Uint8Array,
 *   progress?: function}} options root: hex of a root held; key: the board's key, base64url;
 *   receipt: parsed JSON; openings: the restricted file of a named vote
 * @returns {{ok, checks: {name, ok, detail}[], not_checked: string[], results: object[]}}
 */
export function verifyExport(files, options) {
  return new Verification(files, options || {}).run();
}

/** Whether the items go up by party, then by the hash of what shows why. */
function inOrder(items, proof) {
  return items.every(
    (item, i) =>
      i === 0 ||
      items[i - 1].party < item.party ||
      (items[i - 1].party === item.party && items[i - 1][proof] < item[proof]),
  );
}

/** One run; exported so that a test can call a single check. */
export class Verification {
  constructor(files, options) {
    this.files = files;
    this.options = options;
    this.checks = [];
    this.signedAs = new Map(); // seq of a ballot → why its key replaced another, or ''
    this.notChecked = [];
    this.stopped = false;
  }

  run() {
    const { root, key, receipt, openings } = this.options;
    // What a check leaves unread the next ones cannot use: after a vital one fails, the
    // rest is not checked.
    this.step('files', () => this.checkFiles());
    this.vital('canonical', () => this.checkCanonical());
    this.vital('manifest', () => this.checkManifest());
    this.vital('chain', () => this.checkChain());
    this.step('checkpoints', () => this.checkCheckpoints());
    this.vital('roll', () => this.checkRoll());
    this.vital('trustees', () => this.checkTrustees());
    this.vital('phases', () => this.checkPhases());
    this.vital('ballots.shape', () => this.readBallots());
    this.step('ballots.credential', () => this.checkCredentials());
    this.step('ballots.sequence', () => this.checkSequence());
    this.step('ballots.unique', () => this.checkUnique());
    this.checkBallotClaims();
    this.step('paper', () => this.checkPapers());
    const { tally, result } = this;
    this.when(this.box || !this.manifest || !this.manifest.paper, 'box', () => this.checkBox());
    this.when(tally, 'counted', () => this.checkCounted());
    this.when(this.close, 'participation', () => this.checkParticipation());
    this.when(tally, 'aggregates', () => this.checkAggregates());
    this.when(this.decryptions && this.decryptions.length, 'decryption', () =>
      this.checkDecryption(),
    );
    const totals = this.when(result, 'totals', () => this.checkTotals());
    const verdict = this.when(totals, 'verdict', () => this.checkVerdict());
    this.when(this.resolution || this.files[RESOLUTION], 'resolution', () =>
      this.checkResolution(),
    );
    this.when(verdict, 'late_rulings', () => this.checkLateRulings());
    this.when(verdict, 'court_orders', () => this.checkCourtOrders());
    if (root === undefined && key === undefined) this.notChecked.push('origin');
    if (root !== undefined) this.step('origin', () => this.checkRoot(root));
    if (key !== undefined) {
      this.step('key', () => demand(this.manifest.board_key === key, 'another key'));
    }
    if (receipt !== undefined) this.step('receipt', () => this.checkReceipt(receipt));
    if (openings !== undefined) {
      this.when(verdict && this.openings, 'openings', () => checkOpenings(this, openings));
    }
    const ok = this.checks.every((check) => check.ok) && !this.stopped;
    return {
      ok,
      checks: this.checks,
      not_checked: this.notChecked,
      results: ok && result ? this.readable() : [],
    };
  }

  step(name, act) {
    if (this.stopped) {
      this.notChecked.push(name);
      return false;
    }
    try {
      this.checks.push({ name, ok: true, detail: act() || '' });
      return true;
    } catch (error) {
      // A body that has not its fields is found while the phases are followed, but
      // belongs to the check that reads it.
      const found = name === 'phases' && error.check ? error.check : name;
      this.checks.push({ name: found, ok: false, detail: error.detail || error.message });
      return false;
    }
  }

  vital(name, act) {
    if (!this.stopped && !this.step(name, act)) this.stopped = true;
    else if (this.stopped) this.notChecked.push(name);
  }

  when(there, name, act) {
    if (there) return this.step(name, act);
    this.notChecked.push(name);
    return false;
  }

  checkFiles() {
    const bytes = this.files['index.json'];
    demand(
      bytes && bytes[bytes.length - 1] === 10,
      'index.json is missing or has no line feed',
    );
    const index = parseCanonical(bytes.subarray(0, -1));
    demand(
      hasExactly(index, ['format', 'session', 'files']) && index.format === 'yishi-export-1',
      'index.json is not the index of an export',
    );
    this.indexed = index.session;
    const named = Object.keys(index.files).sort();
    const present = Object.keys(this.files).filter((name) => name !== 'index.json');
    demand(named.join() === present.sort().join(), 'a file is missing, added or renamed');
    demand(
      NAMES.every((name) => named.indexOf(name) >= 0) &&
        named.every((name) => name === RESOLUTION || NAMES.indexOf(name) >= 0),
      'not the files of an export',
    );
    named.forEach((name) => {
      const file = this.files[name];
      const said = index.files[name];
      demand(file.length > 0, name + ' is empty');
      const same =
        hasExactly(said, ['size', 'sha256']) &&
        said.size === file.length &&
        said.sha256 === toHex(sha256(file));
      demand(same, name + ' was changed');
    });
    return named.length + ' files';
  }

  checkCanonical() {
    const read = (name) => {
      demand(this.files[name], name + ' is missing');
      return splitLines(this.files[name]).map((line, i) => {
        try {
          return { line, value: parseCanonical(line) };
        } catch (error) {
          throw new Error(name + ', line ' + (i + 1) + ': ' + error.detail);
        }
      });
    };
    const [board, checkpoints, roll] = NAMES.map(read);
    this.lines = board.map(({ line }) => line);
    this.entries = board.map(({ value }) => value);
    this.checkpoints = checkpoints.map(({ value }) => value);
    this.rollLines = roll.map(({ line }) => line);
    this.rollRows = roll.map(({ value }) => value);
    return this.entries.length + ' entries';
  }

  checkManifest() {
    const first = this.entries[0];
    demand(first && first.type === 'manifest', 'the first entry is not the manifest');
    checkManifest(first.body);
    this.manifest = first.body;
    this.trustees = readTrustees(first.body);
    this.suite = suiteNamed(this.manifest.suite);
    this.M = manifestHash(this.suite, this.manifest);
    if (this.indexed !== undefined) {
      demand(this.indexed === this.manifest.session, 'index.json names another session');
    }
    return toHex(this.M);
  }

  checkChain() {
    let prev = NO_PREVIOUS;
    let time = '';
    this.entries.forEach((entry, i) => {
      const fields = hasExactly(entry, ENTRY) && isTime(entry.time);
      demand(fields && hasOwn(PHASES, entry.type), 'entry ' + i + ': fields, time or type');
      demand(entry.seq === i, 'entry ' + i + ': seq');
      demand(entry.prev === prev, 'entry ' + i + ': prev');
      demand(entry.time >= time, 'entry ' + i + ': time goes back');
      demand(entry.time === tenMinutes(entry.time), 'entry ' + i + ': time is not rounded');
      prev = toHex(this.suite.hash(this.lines[i]));
      time = entry.time;
    });
  }

  checkCheckpoints() {
    const tree = new Tree(this.suite);
    this.roots = [];
    for (const line of this.lines) {
      tree.append(line);
      this.roots.push(toHex(tree.root()));
    }
    let before = { size: 0, time: '' };
    const texts = new Set(this.checkpoints.map(canonical));
    demand(texts.size === this.checkpoints.length, 'a line that occurs twice');
    this.checkpoints.forEach((checkpoint, i) => {
      const where = 'checkpoint ' + (i + 1) + ': ';
      try {
        checkCheckpoint(checkpoint, this.manifest);
      } catch (error) {
        throw new Error(where + error.message);
      }
      const { size, root, time } = checkpoint;
      demand(size >= before.size && time >= before.time, where + 'size or time goes back');
      demand(size <= this.roots.length, where + 'covers more than the board');
      demand(this.roots[size - 1] === root, where + 'another root');
      demand(time >= this.entries[size - 1].time, where + 'earlier than its last entry');
      before = checkpoint;
    });
    demand(before.size === this.lines.length, 'the last checkpoint does not cover the board');
    if (before.cosignatures.length < this.manifest.witnesses_needed) {
      this.notChecked.push('witnesses');
      return 'root ' + before.root + ', not witnessed';
    }
    return 'root ' + before.root;
  }

  checkRoll() {
    const tree = new Tree(this.suite);
    const seen = new Set();
    let area = ZERO;
    this.parties = this.rollRows.map((row, i) => {
      const where = 'party ' + (i + 1) + ': ';
      demand(hasExactly(row, ['party', 'area', 'key', 'commitment']), where + 'fields');
      demand(row.party === i + 1, where + 'not in order');
      demand(isNumber(row.area) && row.area > 0, where + 'area');
      demand(isHash(row.commitment), where + 'commitment');
      this.suite.point(fromBase64url(row.key));
      demand(!seen.has(row.key), where + 'a key that occurs twice');
      seen.add(row.key);
      tree.append(this.rollLines[i]);
      area += BigInt(row.area);
      return { area: row.area, key: row.key, ballots: [], excluded: false };
    });
    const { roll } = this.manifest;
    demand(toHex(tree.root()) === roll.root, 'another root than the manifest names');
    demand(
      this.parties.length === roll.heads,
      'another number of heads than the manifest names',
    );
    demand(area === BigInt(roll.area), 'another area than the manifest names');
    return this.parties.length + ' parties';
  }

  checkTrustees() {
    const { Y, keys } = this.trustees;
    const bad = failing(this.suite, trusteeClaims(this.manifest, this.trustees));
    demand(!bad.length, bad.length && bad[0].detail);
    this.Y = Y;
    this.trusteeKeys = keys;
    return this.manifest.trustees.threshold + ' of ' + keys.length;
  }

  /** Order of phases, shapes of bodies, times; sorts the entries for the later checks. */
  checkPhases() {
    this.decryptions = [];
    this.late = new Map();
    this.withdrawn = {};
    this.orders = new Map();
    let phase = 0;
    const opens = tenMinutes(this.manifest.opens_at);
    let closes = this.manifest.closes_at;
    const once = (field, entry) => {
      demand(this[field] === undefined, 'entry ' + entry.seq + ': a second ' + field);
      this[field] = entry;
    };
    const acts = {
      manifest: (entry) => demand(entry.seq === 0, 'a second manifest'),
      credential: (entry) => demand(entry.time < closes, 'after voting'),
      ballot: (entry) =>
        demand(entry.time >= opens && entry.time < closes, 'outside the window'),
      extend: (entry) => {
        once('extension', entry);
        demand(entry.time < closes, 'after voting');
        demand(entry.body.closes_at > closes, 'not later');
        closes = entry.body.closes_at;
      },
      withdrawal: (entry) => {
        demand(entry.time < closes, 'after voting');
        const { motion: id, option } = entry.body;
        const motion = this.manifest.motions.find((m) => m.id === id);
        const stands =
          motion && motion.kind === 'election' && motion.options.indexOf(option) >= 0;
        demand(stands, 'no such candidate');
        const gone = hasOwn(this.withdrawn, id) ? this.withdrawn[id] : [];
        demand(gone.indexOf(option) < 0, 'withdrawn before');
        this.withdrawn[id] = gone.concat(option);
      },
      deemed: (entry) => {
        demand(this.close, 'before the close');
        demand(this.manifest.silence, 'no rule on silence is cited');
        once('deemed', entry);
      },
      close: (entry) => {
        once('close', entry);
        demand(entry.time >= tenMinutes(closes), 'before voting ends');
      },
      paper: () => {
        demand(this.close, 'before the close');
        demand(this.manifest.paper, 'in a vote without paper');
        demand(!this.box, 'after the box was counted');
      },
      box: (entry) => {
        demand(this.close, 'before the close');
        demand(this.manifest.paper, 'in a vote without paper');
        once('box', entry);
      },
      ruling: (entry) => {
        demand(this.close, 'before the close');
        const party = this.partyOf(entry);
        demand(!party.excluded, 'a second ruling on the party');
        party.excluded = true;
      },
      tally: (entry) => {
        demand(this.close, 'before the close');
        demand(this.box || !this.manifest.paper, 'before the box was counted');
        // An empty box adds nobody to the list that can be objected to.
        const { time } = this.box && this.box.body.counted ? this.box : this.close;
        const free = addHours(time, this.manifest.challenge_hours);
        demand(entry.time >= free, 'before the challenge period is over');
        demand(this.deemed || !this.manifest.silence, 'nobody stated who is deemed');
        once('tally', entry);
      },
      decryption: (entry) => {
        demand(this.tally && !this.result, 'out of turn');
        const { trustee } = entry.body;
        demand(
          this.decryptions.every((other) => other.body.trustee !== trustee),
          'a trustee twice',
        );
        this.decryptions.push(entry);
      },
      result: (entry) => {
        demand(
          this.decryptions.length >= this.manifest.trustees.threshold,
          'before decryption',
        );
        once('result', entry);
      },
      openings: (entry) => {
        demand(this.result, 'before the result');
        demand(this.manifest.opening_policy === 'named', 'in a secret vote');
        once('openings', entry);
      },
      resolution: (entry) => {
        demand(this.result, 'before the result');
        once('resolution', entry);
      },
      late_ruling: (entry) => {
        demand(this.result, 'before the result');
        const party = this.partyOf(entry);
        demand(!party.excluded && !this.late.has(entry.body.party), 'a second ruling on it');
        this.late.set(entry.body.party, entry);
      },
      court_order: (entry) => {
        demand(this.resolution, 'before the resolution');
        demand(this.manifest.opening_policy === 'secret', 'in a named vote');
        this.orders.set(entry.seq, { order: entry.body, seq: entry.seq, by: [] });
      },
      court_opening: (entry) => {
        const { order, trustee } = entry.body;
        const found = this.orders.get(order);
        const known = trustee <= this.manifest.trustees.keys.length;
        demand(found && known && found.by.indexOf(trustee) < 0, 'no such order or trustee');
        found.by.push(trustee);
      },
    };
    this.entries.forEach((entry) => {
      const where = 'entry ' + entry.seq + ' (' + entry.type + ')';
      demand(PHASES[entry.type] >= phase, where + ': belongs to an earlier phase');
      phase = PHASES[entry.type];
      if (!BODIES[entry.type](entry.body)) {
        const detail = where + ': not the fields of its body';
        throw Object.assign(new Error(detail), { check: BODY_CHECK[entry.type] || 'phases' });
      }
      try {
        acts[entry.type](entry);
      } catch (error) {
        throw new Error(where + ': ' + error.message);
      }
    });
  }

  partyOf(entry) {
    const party = this.parties[entry.body.party - 1];
    demand(party, 'no such party');
    return party;
  }

  readBallots() {
    this.ballots = this.entries
      .filter(({ type }) => type === 'ballot' || type === 'paper')
      .map((entry) => {
        try {
          const body = ballotOf(entry);
          const read = readBallot(this.suite, this.manifest, this.M, body);
          const party = this.partyOf({ body });
          const ballot = Object.assign(read, { seq: entry.seq, entry });
          party.ballots.push(ballot);
          return ballot;
        } catch (error) {
          throw new Error('entry ' + entry.seq + ': ' + (error.detail || error.message));
        }
      });
    return this.ballots.length + ' ballots';
  }

  checkCredentials() {
    const current = this.parties.map((party) => party.key);
    const used = new Set(current);
    const reasons = current.map(() => '');
    let replaced = 0;
    this.entries.forEach(({ seq, type, body }) => {
      const where = 'entry ' + seq + ': ';
      if (type === 'paper') {
        demand(!used.has(body.ballot.key), where + 'a key that was used before');
        used.add(body.ballot.key);
        this.signedAs.set(seq, '');
      } else if (type === 'ballot') {
        demand(body.key === current[body.party - 1], where + 'not the credential of the party');
        this.signedAs.set(seq, reasons[body.party - 1]);
      } else if (type === 'credential') {
        demand(this.parties[body.party - 1], where + 'no such party');
        demand(body.replaces === current[body.party - 1], where + 'replaces another key');
        demand(!used.has(body.key), where + 'a key that was used before');
        this.suite.point(fromBase64url(body.key));
        used.add(body.key);
        current[body.party - 1] = body.key;
        reasons[body.party - 1] = body.reason;
        replaced++;
      }
    });
    return replaced + ' replaced';
  }

  checkSequence() {
    this.parties.forEach(({ ballots }) => {
      let previous = NO_PREVIOUS;
      let before = null;
      ballots.forEach((ballot, i) => {
        const where = 'entry ' + ballot.seq + ': ';
        demand(ballot.number === i + 1, where + 'number');
        demand(ballot.previous === previous, where + 'previous');
        const reason = this.signedAs.get(ballot.seq);
        const afterProxy = before === 'proxy' && reason !== 'proxy';
        const again = this.manifest.revote || afterProxy || ballot.entry.type === 'paper';
        demand(again || i === 0, where + 'voting twice is not allowed');
        demand(
          reason !== 'proxy' || before === null || before === 'proxy',
          where + "an agent's ballot after the owner's own",
        );
        before = reason;
        previous = toHex(ballot.digest);
      });
    });
  }

  checkUnique() {
    const seen = { a: new Set(), b: new Set() };
    this.ballots.forEach((ballot) => {
      try {
        demandUnique(ballot, seen);
      } catch (error) {
        throw new Error('entry ' + ballot.seq + ': ' + error.detail);
      }
    });
  }

  /** Papers: one of a party, encrypted by the server, over an online ballot by a ruling only. */
  checkPapers() {
    let papers = 0;
    this.parties.forEach(({ ballots }) => {
      const found = ballots.filter(({ entry }) => entry.type === 'paper');
      found.forEach(({ entry: { seq, body } }, i) => {
        const where = 'entry ' + seq + ': ';
        demand(i === 0, where + 'a second paper of this party');
        demand(body.ballot.encrypted_by === 'server', where + 'encrypted_by');
        demand(ballots.length === 1 || body.ruling !== null, where + 'no ruling');
        papers++;
      });
    });
    return papers + ' papers';
  }

  /** Every paper of the box is accounted for, and entered are those of the board. */
  checkBox() {
    if (!this.manifest.paper) return 'no paper ballots in this vote';
    const { counted, entered, spoiled, ruled_out: ruledOut } = this.box.body;
    const onBoard = this.parties
      .map(({ ballots }, i) => (ballots.some((b) => b.entry.type === 'paper') ? i + 1 : 0))
      .filter((party) => party);
    demand(canonical(entered) === canonical(onBoard), 'entered are not those of the board');
    demand(inOrder(spoiled, 'scan'), 'spoiled: not in order, or a paper twice');
    demand(inOrder(ruledOut, 'ruling'), 'ruled out: not in order, or a paper twice');
    demand(
      spoiled.concat(ruledOut).every(({ party }) => this.parties[party - 1]),
      'no such party',
    );
    demand(
      counted === entered.length + spoiled.length + ruledOut.length,
      'not every paper of the box is accounted for',
    );
    return counted + ' papers';
  }

  /** Signatures and proofs of many ballots at a time; two checks from one batch. */
  checkBallotClaims() {
    let bad = null;
    const found = () => {
      if (bad) return bad;
      bad = [];
      for (let at = 0; at < this.ballots.length; at += BATCH) {
        const claims = [];
        this.ballots.slice(at, at + BATCH).forEach((read) => {
          const where = 'entry ' + read.seq;
          claims.push(...ballotClaims(this.suite, this.manifest, this.Y, read, where));
        });
        bad.push(...failing(this.suite, claims));
        if (this.options.progress) this.options.progress(at + BATCH, this.ballots.length);
      }
      return bad;
    };
    ['ballots.signature', 'ballots.proofs'].forEach((name) =>
      this.step(name, () => {
        const own = found().filter((claim) => claim.check === name);
        demand(!own.length, own.length && own[0].detail);
      }),
    );
  }

  /** The last ballot of every party that is not excluded, in order of party. */
  countable() {
    return this.parties
      .map(({ area, excluded, ballots }, i) => {
        return { party: i + 1, area, excluded, last: ballots[ballots.length - 1] };
      })
      .filter(({ last, excluded }) => last && !excluded);
  }

  checkCounted() {
    const expected = this.countable().map(({ party, last }) => ({ party, seq: last.seq }));
    demand(
      canonical(this.tally.body.counted) === canonical(expected),
      'not the ballots that count',
    );
    if (this.deemed) this.checkDeemed();
    return expected.length + ' counted';
  }

  /** Who is deemed to have voted: on the roll, without a ballot, not excluded. */
  checkDeemed() {
    const { parties } = this.deemed.body;
    const { spoiled, ruled_out: ruledOut } = this.box ? this.box.body : NO_PAPERS;
    const returned = spoiled.concat(ruledOut).map((paper) => paper.party);
    parties.forEach((party, i) => {
      const row = this.parties[party - 1];
      demand(i === 0 || party > parties[i - 1], 'the deemed are not in order, each once');
      const silent = row && !row.ballots.length && !row.excluded;
      demand(silent && returned.indexOf(party) < 0, 'deems a party that voted, or none');
    });
  }

  /** Heads and area of those deemed to have voted. */
  silent() {
    const parties = this.deemed ? this.deemed.body.parties : [];
    const area = parties.reduce((sum, party) => sum + this.parties[party - 1].area, 0);
    return { heads: parties.length, area };
  }

  /** What took part in each motion: `{heads, area}`. */
  participation() {
    return this.manifest.motions.map((_, i) => {
      const there = this.countable().filter(({ last }) => last.answers[i] !== null);
      return { heads: there.length, area: there.reduce((sum, { area }) => sum + area, 0) };
    });
  }

  checkParticipation() {
    const online = ({ entry }) => entry.type === 'ballot';
    const cast = this.parties.filter(({ ballots }) => ballots.some(online));
    const said = this.close.body;
    const right = {
      ballots: this.ballots.filter(online).length,
      parties: cast.length,
      heads: cast.length,
      area: cast.reduce((sum, { area }) => sum + area, 0),
    };
    demand(canonical(said) === canonical(right), 'the close counts otherwise');
    const expected = this.participation();
    [this.tally, this.result].forEach((entry) => {
      if (!entry) return;
      const motions = entry.body.motions;
      demand(
        motions.length === expected.length &&
          motions.every((m, i) => canonical(m.participating) === canonical(expected[i])),
        'the ' + entry.type + ' counts otherwise',
      );
    });
  }

  checkAggregates() {
    const counted = this.countable();
    this.aggregates = this.manifest.motions.map((motion, i) => {
      const answers = counted
        .filter(({ last }) => last.answers[i] !== null)
        .map(({ last, area }) => ({ answer: last.answers[i], area }));
      const sums = aggregate(this.suite, motion, answers);
      const { id, heads, area } = this.tally.body.motions[i] || {};
      demand(
        id === motion.id &&
          canonical({ heads, area }) === canonical(encodeAggregates(this.suite, sums)),
        'motion ' + i + ': not the sum of the counted ballots',
      );
      return sums;
    });
    demand(this.tally.body.motions.length === this.aggregates.length, 'motions are added');
  }

  checkDecryption() {
    demand(this.aggregates, 'there are no aggregates to decrypt');
    const tally = this.suite.hash(this.lines[this.tally.seq]);
    const claims = [];
    this.shares = this.decryptions.map(({ body }) => {
      const j = body.trustee;
      const vk = this.trusteeKeys[j - 1];
      demand(vk, 'trustee ' + j + ' is not in the manifest');
      demand(body.motions.length === this.aggregates.length, 'trustee ' + j + ': motions');
      const motions = body.motions.map((sides, motion) =>
        SIDES.map((name, side) => {
          const pairs = this.aggregates[motion][name];
          demand(sides[name].length === pairs.length, 'trustee ' + j + ': options');
          return pairs.map(([A, B], option) => {
            const place = { M: this.M, tally, motion, option, side, j, vk, A, B };
            const { F, equations } = decryptionEquations(
              this.suite,
              place,
              sides[name][option],
            );
            const detail = 'trustee ' + j + ', motion ' + motion + ', option ' + option;
            claims.push({ check: 'decryption', detail, equations });
            return F;
          });
        }),
      );
      return { j, motions };
    });
    const bad = failing(this.suite, claims);
    demand(!bad.length, bad.length && bad[0].detail);
    // Fewer than the threshold: the others are still to come. A result needs them (phases).
    return this.shares.length + ' trustees';
  }

  checkTotals() {
    demand(this.shares, 'there is nothing decrypted');
    const chosen = this.shares.slice(0, this.manifest.trustees.threshold);
    const motions = this.result.body.motions;
    demand(motions.length === this.manifest.motions.length, 'not one result per motion');
    this.manifest.motions.forEach((motion, i) => {
      const where = 'motion ' + i + ': ';
      const election = motion.kind === 'election';
      const fields = ['id', 'participating', 'totals', 'quorum_met', 'result']
        .concat(election ? ELECTION : [])
        .concat(this.manifest.silence ? ['actual', 'deemed'] : []);
      demand(hasExactly(motions[i], fields), where + 'fields');
      const { id, totals, participating } = motions[i];
      demand(id === motion.id && isList(totals), where + 'id or totals');
      demand(
        totals.length === motion.options.length && totals.every(isCount),
        where + 'totals',
      );
      SIDES.forEach((name, side) => {
        totals.forEach((total, option) => {
          const v = total[name];
          const B = this.aggregates[i][name][option][1];
          const shares = chosen.map(({ j, motions: m }) => [j, m[i][side][option]]);
          demand(v <= participating[name], where + 'more than took part');
          demand(
            opensTo(this.suite, B, shares, v),
            where + 'option ' + option + ' (' + name + ') holds another total',
          );
        });
        const sum = totals.reduce((n, total) => n + total[name], 0);
        demand(election || sum === participating[name], where + 'the three do not add up');
      });
    });
  }

  checkVerdict() {
    const motions = this.result.body.motions;
    const right = verdicts(this.manifest, motions, this.withdrawn, this.silent());
    motions.forEach((motion, i) => {
      const said = { ...motion };
      ['id', 'participating', 'totals'].forEach((field) => delete said[field]);
      demand(
        canonical(said) === canonical(right[i]),
        'motion ' + i + ': another verdict follows',
      );
    });
  }

  /** What exclusions after the count can change, from the figures alone. */
  checkLateRulings() {
    const counted = this.countable();
    const out = [];
    this.late.forEach(({ seq, body }, party) => {
      const ballot = counted.find((one) => one.party === party);
      demand(ballot, 'entry ' + seq + ': the ballot of this party was not counted');
      out.push(ballot);
      const right = lateFinding(this.manifest, this.result.body.motions, out);
      demand(
        canonical({ finding: body.finding, motions: body.motions }) === canonical(right),
        'entry ' + seq + ': not what follows from the figures',
      );
    });
    return this.late.size + ' parties';
  }

  /** Each order of a court names a ballot; what of it was opened nobody else can read. */
  checkCourtOrders() {
    const k = this.manifest.trustees.threshold;
    const said = [];
    this.orders.forEach(({ order, seq, by }) => {
      const ballot = this.ballots.find((one) => one.seq === order.seq);
      const own = ballot && ballot.party === order.party;
      demand(own, 'entry ' + seq + ': names no ballot of that party');
      const opened = by.length >= k ? 'opened' : 'not opened';
      said.push('entry ' + order.seq + ' for ' + order.court + ': ' + opened);
    });
    return said.join('; ') || 'none';
  }

  checkResolution() {
    const file = this.files[RESOLUTION];
    demand(file, 'resolution.pdf is missing');
    demand(this.resolution, 'the board names no resolution');
    demand(
      toHex(sha256(file)) === this.resolution.body.sha256,
      'resolution.pdf is another file',
    );
  }

  checkRoot(root) {
    demand(this.roots, 'there is no tree');
    const at = this.roots.indexOf(root.trim().toLowerCase());
    demand(at >= 0, 'the board does not continue the one this root stands for');
    return 'the first ' + (at + 1) + ' entries are those of this root';
  }

  checkReceipt(receipt) {
    checkReceipt(receipt, this.manifest, this.M);
    checkReceiptEntry(this.suite, receipt, this.entries[receipt.seq]);
    const cover = this.checkpoints.find((checkpoint) => checkpoint.size > receipt.seq);
    demand(cover && cover.time <= receipt.checkpoint_by, 'the promised checkpoint came late');
    const { last } = this.countable().find(({ party }) => party === receipt.party) || {};
    if (!last) return 'recorded, not counted: the party is excluded';
    if (this.late.has(receipt.party)) return 'recorded and counted, excluded after the count';
    return last.seq === receipt.seq
      ? 'recorded and counted'
      : 'recorded, replaced by a later one';
  }

  /** The results as the interface wants them: areas in m² with two decimals. */
  readable() {
    return this.result.body.motions.map((motion, i) => {
      const out = { motion: motion.id, heads: {}, area: {} };
      this.manifest.motions[i].options.forEach((option, o) => {
        const { heads, area } = motion.totals[o];
        out.heads[option] = heads;
        out.area[option] = Math.floor(area / 100) + '.' + String(area % 100).padStart(2, '0');
      });
      return out;
    });
  }
}
