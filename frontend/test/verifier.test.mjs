/** Whole boards: good ones are verified, forged ones are refused by a check with a name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkReceiptProof, splitLines } from '../src/protocol/board.js';
import { fromUtf8, toHex, utf8 } from '../src/protocol/bytes.js';
import { leafHash, rootOfPath, Tree } from '../src/protocol/merkle.js';
import { suiteNamed } from '../src/protocol/suite.js';
import { verifyExport } from '../src/protocol/verifier.js';
import { verdicts } from '../src/protocol/count.js';
import { election, question, Session, withIndex } from '../tools/session.mjs';

const MOTIONS = [
  question('m1'),
  question('m2', { requires: ['m1'] }),
  question('e1', election(['a', 'b', 'c'], 2)),
];
const CHOSEN = {
  1: [[0], [0], [0, 1]],
  2: [[0], [0], [1, 2]],
  3: [null, [0], []],
  4: [[0], [0], [0, 1]],
  5: [[0], [2], null],
};
const PDF = { 'resolution.pdf': utf8('%PDF-1.7 for the test') };

function held(suite) {
  const session = new Session({
    suite,
    motions: MOTIONS,
    parties: 5,
    threshold: 2,
    trustees: 3,
  });
  session.replaceKey(4);
  session.cast(2, [[1], null, []]);
  [1, 3, 4, 5].forEach((party) => session.cast(party, CHOSEN[party]));
  session.root = session.checkpoint();
  session.receipt = session.cast(2, CHOSEN[2]);
  session.checkpoint();
  session.files = session.count(CHOSEN, [5]);
  return session;
}

/** A session of two parties and one question: quick enough to be spoilt hundreds of times. */
function small() {
  const session = new Session({ motions: [question('m1')], parties: 2 });
  session.replaceKey(1);
  [1, 2].forEach((party) => session.cast(party, [[0]]));
  session.checkpoint();
  session.files = session.count({ 1: [[0]], 2: [[0]] });
  return session;
}

const failed = (report) =>
  report.checks.filter((check) => !check.ok).map((check) => check.name);
const entriesOf = (files) =>
  splitLines(files['board.jsonl']).map((l) => JSON.parse(fromUtf8(l)));

for (const suite of ['P256-SHA256', 'SM2-SM3']) {
  test(suite + ': a whole vote is verified, with root, key and receipt', () => {
    const { files, root, receipt, manifest } = held(suite);
    const report = verifyExport(files, { root, receipt, key: manifest.board_key });
    assert.deepEqual(failed(report), []);
    assert.ok(report.ok);
    assert.deepEqual(report.not_checked, []);
    assert.deepEqual(report.results[2].heads, { a: 2, b: 3, c: 1 });
    assert.equal(report.results[0].area.for, '245.48');
  });
}

test('without root and key the origin is not checked', () => {
  const report = verifyExport(small().files);
  assert.ok(report.ok);
  assert.deepEqual(report.not_checked, ['origin']);
});

test('an open board is verified as far as it goes', () => {
  const session = new Session({ motions: [question('m1')], parties: 2 });
  session.cast(1, [[0]]);
  session.checkpoint();
  const report = verifyExport(session.export());
  assert.ok(report.ok);
  assert.ok(report.not_checked.includes('totals'));
  assert.deepEqual(report.results, []);
});

test('a forger with the keys of the server is refused by the check that is named', () => {
  const session = held('P256-SHA256');
  const { receipt, root } = session;
  const lines = session.lines.slice();
  const opened = (entries) => ({
    ...entries[entries.length - 1],
    type: 'openings',
    body: { sha256: '0'.repeat(64), ballots: 4 },
  });
  const find = (entries, type) => entries.find((entry) => entry.type === type);
  const ballots = (entries) => entries.filter((entry) => entry.type === 'ballot');
  const spoil = (text) =>
    text[5] === 'A' ? text.replace(/^(.{5})./, '$1B') : text.replace(/^(.{5})./, '$1A');
  const faults = [
    ['ballots.shape', (e) => ballots(e)[0].body.answers[0].options.pop()],
    ['ballots.shape', (e) => (ballots(e)[0].body.encrypted_by = 'nobody')],
    ['ballots.signature', (e) => (ballots(e)[0].body.encrypted_by = 'server')],
    [
      'ballots.proofs',
      (e) => {
        const answers = ballots(e)[1].body.answers;
        answers[0].options.reverse();
      },
    ],
    ['ballots.credential', (e) => (ballots(e)[1].body.party = 3)],
    [
      'ballots.credential',
      (e) => (find(e, 'credential').body.replaces = ballots(e)[0].body.key),
    ],
    ['ballots.credential', (e) => (find(e, 'credential').body.key = ballots(e)[1].body.key)],
    ['ballots.sequence', (e) => e.splice(e.indexOf(ballots(e)[0]), 1)],
    ['ballots.unique', (e) => e.splice(e.indexOf(ballots(e)[0]), 0, ballots(e)[0])],
    ['counted', (e) => find(e, 'tally').body.counted.pop()],
    ['counted', (e) => e.splice(e.indexOf(find(e, 'ruling')), 1)],
    ['participation', (e) => (find(e, 'close').body.heads -= 1)],
    ['participation', (e) => (find(e, 'tally').body.motions[0].participating.area += 1)],
    ['participation', (e) => (find(e, 'result').body.motions[1].participating.heads += 1)],
    ['aggregates', (e) => find(e, 'tally').body.motions[0].area.reverse()],
    ['aggregates', (e) => (find(e, 'tally').body.motions[0].id = 'm9')],
    ['decryption', (e) => find(e, 'decryption').body.motions[0].heads.reverse()],
    ['decryption', (e) => (find(e, 'decryption').body.motions[0].heads[0].share = 7)],
    ['decryption', (e) => (find(e, 'decryption').body.trustee = 3)],
    ['phases', (e) => e.splice(e.indexOf(find(e, 'decryption')), 1)],
    ['totals', (e) => (find(e, 'result').body.motions[0].totals[0].heads -= 1)],
    ['totals', (e) => find(e, 'result').body.motions[1].totals.reverse()],
    ['totals', (e) => delete find(e, 'result').body.motions[2].elected],
    ['verdict', (e) => (find(e, 'result').body.motions[1].result = 'passed')],
    ['verdict', (e) => (find(e, 'result').body.motions[1].quorum_met = false)],
    ['verdict', (e) => find(e, 'result').body.motions[2].elected.push('a')],
    ['resolution', (e) => (find(e, 'resolution').body.sha256 = '0'.repeat(64))],
    ['resolution', (e) => e.pop()],
    ['phases', (e) => e.splice(3, 0, { ...e[0], time: e[3].time })],
    ['phases', (e) => e.splice(e.indexOf(find(e, 'ruling')), 0, find(e, 'close'))],
    ['phases', (e) => e.push({ ...find(e, 'ballot'), time: e[e.length - 1].time })],
    ['phases', (e) => (ballots(e)[0].time = '2026-03-01T00:50:00Z')],
    ['phases', (e) => (find(e, 'close').time = '2026-03-15T09:50:00Z')],
    ['phases', (e) => (find(e, 'ruling').body.signers = ['甲', '甲'])],
    ['chain', (e) => (find(e, 'ruling').type = 'constructor')],
    ['phases', (e) => e.splice(e.length - 1, 0, opened(e))],
    ['phases', (e) => e.splice(e.indexOf(find(e, 'ruling')), 0, find(e, 'ruling'))],
    [
      'phases',
      (e) =>
        e.forEach(
          (entry) => entry.time > '2026-03-16' && (entry.time = '2026-03-16T09:50:00Z'),
        ),
    ],
    ['chain', (e) => (find(e, 'tally').time = '2026-03-16T10:00:01Z')],
    ['manifest', (e) => (e[0].body.motions[1].approval = '2/3')],
    ['trustees', (e) => (e[0].body.trustees.keys[2].key = ballots(e)[0].body.key)],
    [
      'trustees',
      (e) => (e[0].body.trustees.keys[2].proof = spoil(e[0].body.trustees.keys[1].proof)),
    ],
    ['roll', (e) => (e[0].body.roll.area += 1)],
    ['roll', (e) => (e[0].body.roll.root = '0'.repeat(64))],
    ['ballots.shape', (e) => (e[0].body.title += '!')],
  ];
  const good = session.forge((e) => e, PDF);
  assert.ok(verifyExport(good).ok, 'the forger changes nothing: consistent');
  for (const [check, edit] of faults) {
    session.lines = lines.slice();
    const edited = (entries) => {
      edit(entries);
    };
    const report = verifyExport(session.forge(edited, PDF));
    assert.ok(!report.ok, String(edit));
    assert.ok(
      failed(report).includes(check),
      check + ' not in ' + failed(report) + ': ' + edit,
    );
  }

  // A ballot dropped, with everything after it counted anew: only the holder of an earlier
  // root or of a receipt can tell.
  session.lines = lines.slice(0, lines.length - 1);
  const before = lines.findIndex((line) => fromUtf8(line).includes('"type":"close"'));
  session.lines = lines.slice(0, before - 1);
  session.last[2] = JSON.parse(fromUtf8(lines[2])).body;
  session.checkpoints = [];
  const dropped = session.count({ ...CHOSEN, 2: [[1], null, []] }, [5]);
  assert.ok(verifyExport(dropped).ok);
  assert.deepEqual(failed(verifyExport(dropped, { receipt })), ['receipt']);
  assert.ok(verifyExport(dropped, { root }).ok, 'that root is older than the dropped ballot');
  const later = JSON.parse(fromUtf8(splitLines(good['checkpoints.jsonl'])[0])).root;
  assert.deepEqual(failed(verifyExport(dropped, { root: later })), ['origin']);
});

test('roll, index and checkpoints changed by hand', () => {
  const { files, manifest } = small();
  const session = manifest.session;
  const without = (name) => {
    const rest = { ...files };
    delete rest[name];
    return rest;
  };
  const edit = (name, from, to) => {
    const changed = fromUtf8(files[name]).replace(from, to);
    assert.notEqual(changed, fromUtf8(files[name]));
    const rest = without('index.json');
    return withIndex({ ...rest, [name]: utf8(changed) }, session);
  };
  const refusedBy = (check, changed) => {
    const report = verifyExport(changed);
    assert.ok(!report.ok && failed(report).includes(check), check + ': ' + failed(report));
  };
  refusedBy('roll', edit('roll.jsonl', '"area":8000', '"area":8001'));
  refusedBy('roll', edit('roll.jsonl', '"party":2', '"party":3'));
  refusedBy('canonical', edit('roll.jsonl', '"party":2', '"party":2.0'));
  refusedBy('canonical', edit('board.jsonl', '"seq":1', '"seq": 1'));
  refusedBy('canonical', edit('board.jsonl', /\n$/, ''));
  const other = (found) => found.slice(0, -1) + (found.endsWith('_') ? '-' : '_');
  refusedBy('checkpoints', edit('checkpoints.jsonl', /"signature":"./, other));
  refusedBy('checkpoints', edit('checkpoints.jsonl', /.*\n$/, ''));
  refusedBy('checkpoints', edit('checkpoints.jsonl', /(.*\n)$/, '$1$1'));
  refusedBy('files', { ...files, 'more.txt': utf8('x') });
  refusedBy('files', without('resolution.pdf'));
  refusedBy('files', without('index.json'));
  refusedBy('files', { ...files, 'roll.jsonl': utf8('') });
  refusedBy('resolution', withIndex(without('resolution.pdf'), session));
  refusedBy('manifest', withIndex(without('index.json'), 'OTHER1'));
  for (const name of ['board.jsonl', 'roll.jsonl', 'checkpoints.jsonl']) {
    const report = verifyExport(without(name));
    assert.ok(!report.ok, name);
  }
});

test('every field of a board spoilt, links and signatures made anew: refused, never a crash', () => {
  const session = small();
  const lines = session.lines.slice();
  // Fields that nothing on the board determines: they are held by the checkpoints that
  // others hold (--root), and by nothing else.
  const free = /^\d+\.(time|body\.(number$|reason))/;
  const crash = /undefined|not a function|Cannot|not iterable|Maximum call|BigInt/;
  const paths = [];
  const walk = (value, path) => {
    if (path.length) paths.push(path);
    if (value && typeof value === 'object') {
      Object.keys(value).forEach((key) => walk(value[key], path.concat(key)));
    }
  };
  const original = entriesOf(session.files);
  walk(original, []);
  const spoils = [
    (parent, key) => (Array.isArray(parent) ? parent.splice(key, 1) : delete parent[key]),
    (parent, key) => (parent[key] = spoilt(parent[key])),
    (parent, key) => (parent[key] = null),
    (parent, key) => (parent[key] = { a: [] }),
  ];
  let tried = 0;
  paths.forEach((path, at) => {
    const [seq, ...rest] = path;
    if (!rest.length || rest[0] === 'seq' || rest[0] === 'prev') return;
    const name = path.join('.');
    // Each path by one of the ways in turn, each way against every kind of field.
    const spoil = spoils[at % spoils.length];
    if (free.test(name) && (spoil !== spoils[2] || rest[0] === 'time')) return;
    session.lines = lines.slice();
    let files;
    let changed = false;
    try {
      files = session.forge((entries) => {
        const parent = rest.slice(0, -1).reduce((value, key) => value[key], entries[seq]);
        const before = JSON.stringify(parent);
        spoil(parent, rest[rest.length - 1]);
        changed = JSON.stringify(parent) !== before;
      }, PDF);
    } catch (_) {
      return; // not even canonical JSON can be made of it
    }
    if (!changed) return; // null made null, an empty list spoilt
    tried++;
    const report = verifyExport(files);
    assert.ok(!report.ok, name + ' by ' + spoil);
    report.checks.forEach(({ ok, detail }) =>
      assert.ok(ok || !crash.test(detail), name + ': ' + detail),
    );
  });
  assert.ok(tried > 100, String(tried));
});

function spoilt(value) {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string')
    return value.slice(0, -2) + (value.endsWith('0') ? '11' : '00');
  if (Array.isArray(value)) return value.concat(value);
  return { ...value, added: 1 };
}

test('a byte of any file changed: refused, never a crash', () => {
  const { files } = small();
  for (const name of Object.keys(files)) {
    for (let i = 0; i < 12; i++) {
      const at = Math.floor((files[name].length * (i + 0.5)) / 12);
      const bytes = files[name].slice();
      bytes[at] ^= 1 << (i % 8);
      assert.ok(!verifyExport({ ...files, [name]: bytes }).ok, name + ' at ' + at);
    }
  }
});

test('the tree of RFC 6962, against its recursive definition', () => {
  const suite = suiteNamed('P256-SHA256');
  const hash = (...parts) => suite.hash(Buffer.concat(parts));
  const leaves = Array.from({ length: 20 }, (_, i) => utf8('leaf ' + i));
  const mth = (some) => {
    if (some.length === 1) return leafHash(suite, some[0]);
    let k = 1;
    while (k * 2 < some.length) k *= 2;
    return hash(Uint8Array.of(1), mth(some.slice(0, k)), mth(some.slice(k)));
  };
  const path = (m, some) => {
    if (some.length === 1) return [];
    let k = 1;
    while (k * 2 < some.length) k *= 2;
    return m < k
      ? [...path(m, some.slice(0, k)), mth(some.slice(k))]
      : [...path(m - k, some.slice(k)), mth(some.slice(0, k))];
  };
  const tree = new Tree(suite);
  for (let n = 1; n <= leaves.length; n++) {
    tree.append(leaves[n - 1]);
    const root = toHex(mth(leaves.slice(0, n)));
    assert.equal(toHex(tree.root()), root);
    for (let m = 0; m < n; m++) {
      const proof = path(m, leaves.slice(0, n));
      assert.equal(toHex(rootOfPath(suite, leaves[m], m, n, proof)), root);
      assert.throws(() =>
        rootOfPath(
          suite,
          leaves[m],
          m,
          n,
          proof.concat([proof[0] || leafHash(suite, leaves[0])]),
        ),
      );
      if (proof.length) assert.throws(() => rootOfPath(suite, leaves[m], m, n, proof.slice(1)));
    }
  }
  assert.throws(() => rootOfPath(suite, leaves[0], 1, 1, []));
});

test('a receipt is checked with the proof the server gives for it', () => {
  const session = small();
  const suite = session.suite;
  const open = new Session({ motions: [question('m1')], parties: 1 });
  const receipt = open.cast(1, [[0]]);
  open.checkpoint();
  const [manifest, entry] = open.lines.map(fromUtf8);
  const checkpoint = open.checkpoints[0];
  const proof = { manifest, entry, path: [toHex(leafHash(suite, open.lines[0]))], checkpoint };
  const now = '2026-03-02T08:10:00Z';
  const bad = (changed, of) =>
    checkReceiptProof(of || receipt, { ...proof, ...changed }, now).checks.find((c) => !c.ok)
      ?.name;
  assert.ok(checkReceiptProof(receipt, proof, now).ok);
  assert.equal(bad({ manifest: fromUtf8(session.lines[0]) }), 'receipt.manifest');
  assert.equal(bad({}, { ...receipt, seq: 0 }), 'receipt.signature');
  assert.equal(bad({ entry: manifest }), 'receipt.entry');
  assert.equal(bad({ path: [] }), 'receipt.inclusion');
  assert.equal(bad({ checkpoint: { ...checkpoint, size: 1 } }), 'receipt.checkpoint');
  const early = checkReceiptProof(receipt, { ...proof, checkpoint: null }, now);
  assert.ok(early.pending && !early.ok);
  const late = checkReceiptProof(
    receipt,
    { ...proof, checkpoint: null },
    '2026-03-02T08:20:01Z',
  );
  assert.ok(!late.pending && !late.ok);
  // A promise that the board signed, and that would never fall due.
  const { signature: _, ...bare } = receipt;
  const promised = (changes) => {
    const given = { ...bare, ...changes };
    return { ...given, signature: open.signed(given) };
  };
  const waiting = (changes, at) =>
    checkReceiptProof(promised(changes), { ...proof, checkpoint: null }, at).pending;
  for (const never of ['', 'some day', 'A026-03-02T08:20:00Z', '2026-03-02', 7, null]) {
    assert.equal(bad({}, promised({ checkpoint_by: never })), 'receipt.signature');
    assert.ok(!waiting({ checkpoint_by: never }, now));
  }
  const far = { checkpoint_by: '2999-01-01T00:00:00Z' };
  assert.ok(waiting(far, '2026-03-03T08:00:00Z'));
  assert.ok(!waiting(far, '2026-03-03T08:00:01Z'));
  for (const changes of [
    { party: 0 },
    { party: '1' },
    { tracker: receipt.tracker.toUpperCase() },
    { encrypted_by: 'paper' },
    { recorded_at: '2026-03-02T08:00Z' },
    { seq: 0 },
  ]) {
    assert.equal(bad({}, promised(changes)), 'receipt.signature', JSON.stringify(changes));
  }
});

test('verdicts: equality passes the quorum and 3/4, fails 1/2; ties and dependence', () => {
  const roll = { heads: 12, area: 12 };
  const both = (n) => ({ heads: n, area: n });
  const decide = (motions, counts) => verdicts({ roll, motions }, counts);
  const one = (approval, part, yes) =>
    decide(
      [question('m', { approval })],
      [{ participating: part, totals: [yes] }],
    )[0].result;
  assert.equal(one('1/2', both(8), both(5)), 'passed');
  assert.equal(one('1/2', both(8), both(4)), 'rejected');
  assert.equal(one('3/4', both(8), both(6)), 'passed');
  assert.equal(one('3/4', both(8), { heads: 8, area: 5 }), 'rejected');
  assert.equal(one('1/2', { heads: 7, area: 12 }, both(7)), 'no_quorum');
  const elect = (max, ...votes) => {
    const options = votes.map((_, i) => 'abcd'[i]);
    const motion = question('e', election(options, max));
    const totals = votes.map(([heads, area]) => ({ heads, area }));
    return decide([motion], [{ participating: both(12), totals }])[0].elected;
  };
  assert.deepEqual(elect(2, [8, 8], [9, 9], [7, 7]), ['a', 'b']);
  assert.deepEqual(elect(2, [8, 8], [9, 9], [8, 9]), ['b', 'c']);
  assert.deepEqual(elect(2, [8, 8], [9, 9], [8, 8]), ['b']);
  assert.deepEqual(elect(3, [6, 12], [12, 6], [7, 7]), ['c']);
  const chain = [
    question('a', { requires: ['b'] }),
    question('b', { requires: ['c'] }),
    question('c', { requires: [] }),
  ];
  const yes = { participating: both(12), totals: [both(12)] };
  const no = { participating: both(12), totals: [both(0)] };
  assert.deepEqual(
    decide(chain, [yes, yes, no]).map((v) => v.result),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.deepEqual(
    decide(chain, [yes, yes, yes]).map((v) => v.result),
    ['passed', 'passed', 'passed'],
  );
});
