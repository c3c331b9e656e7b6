/** The vectors written by Python and by JavaScript, and the standards' own. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  ballotDigest,
  checkTest,
  credential,
  NO_PREVIOUS,
  readBallot,
  manifestHash,
  seal,
  sign,
  verifyBallot,
} from '../src/protocol/ballot.js';
import { checkCheckpoint, checkReceipt } from '../src/protocol/board.js';
import {
  concat,
  fromBase64url,
  fromHash,
  lp,
  toBase64url,
  trackerText,
  u32,
  u64,
  utf8,
} from '../src/protocol/bytes.js';
import { canonical, parseCanonical } from '../src/protocol/json.js';
import {
  aggregate,
  decryptionEquations,
  encodeAggregates,
  opensTo,
  SIDES,
  verdicts,
} from '../src/protocol/count.js';
import { lateFinding } from '../src/protocol/late.js';
import { checkManifest, readTrustees } from '../src/protocol/manifest.js';
import { leafHash, rootOfPath, Tree } from '../src/protocol/merkle.js';
import { checkOpenings } from '../src/protocol/openings.js';
import {
  failing,
  keyEquation,
  proveKey,
  proveRange,
  rangeEquations,
  readRange,
} from '../src/protocol/proofs.js';
import { sm3 } from '../src/protocol/sm3.js';
import { msm, suiteNamed } from '../src/protocol/suite.js';
import { Verification, verifyExport } from '../src/protocol/verifier.js';
import { cases, FOLDER, fromHex, hex, replay, scalar, scalarHex } from '../tools/vectors.mjs';

test('SM3 gives the examples of GB/T 32905 appendix A', () => {
  const examples = {
    abc: '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
    ['abcd'.repeat(16)]: 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732',
  };
  for (const [text, hash] of Object.entries(examples)) assert.equal(hex(sm3(utf8(text))), hash);
});

test('SM3 agrees with OpenSSL at every length about a block, alone and in HMAC', () => {
  for (let n = 0; n < 200; n++) {
    const data = Buffer.alloc(n, n);
    assert.equal(hex(sm3(data)), createHash('sm3').update(data).digest('hex'));
  }
  const prk = createHmac('sm3', 'salt').update('secret').digest();
  const okm = createHmac('sm3', prk).update('info\x01').digest('hex');
  assert.equal(hex(hkdf(sm3, utf8('secret'), utf8('salt'), utf8('info'), 32)), okm);
});

for (const name of ['P256-SHA256', 'SM2-SM3']) {
  test(name + ': sums by buckets equal single multiplications', () => {
    const suite = suiteNamed(name);
    const points = [];
    const scalars = [];
    let expected = suite.identity;
    const edge = [0n, 1n, 2n, 255n, 256n, (1n << 128n) - 1n, suite.q - 1n, suite.q - 2n];
    for (let i = 0; i < 40; i++) {
      const P = suite.mul(suite.G, suite.random());
      const k = i < edge.length ? edge[i] : suite.random() >> BigInt(8 * (i % 32));
      points.push(P);
      scalars.push(k);
      expected = expected.add(P.multiplyUnsafe(k));
      assert.ok(msm(suite.Point, points, scalars).equals(expected));
    }
    assert.ok(msm(suite.Point, [], []).is0());
  });

  test(name + ': only uncompressed points on the curve and scalars below q are read', () => {
    const suite = suiteNamed(name);
    const good = suite.encode(suite.G);
    assert.ok(suite.point(good).equals(suite.G));
    const bad = [
      Uint8Array.of(0),
      suite.G.toBytes(true),
      Uint8Array.from(good, (byte, i) => (i ? byte : 6 + (good[64] & 1))),
      Uint8Array.from(good, (byte, i) => (i === 64 ? byte ^ 1 : byte)),
      new Uint8Array(65),
      Uint8Array.from(new Uint8Array(65), (_, i) => (i ? 0 : 4)),
      Uint8Array.from(good, (byte, i) => (i === 0 ? 4 : i < 33 ? 255 : byte)),
      good.subarray(0, 64),
      concat(good, Uint8Array.of(0)),
    ];
    for (const bytes of bad) assert.throws(() => suite.point(bytes));
    assert.ok(suite.aggregate(Uint8Array.of(0)).is0());
    assert.throws(() => suite.aggregate(Uint8Array.of(1)));
    assert.throws(() => suite.readScalar(suite.encodeScalar(suite.q)));
    assert.equal(suite.readScalar(suite.encodeScalar(suite.q - 1n)), suite.q - 1n);
  });
}

test('vectors: canonical JSON', () => {
  for (const { line, accepted, what } of cases('01-canonical.json')) {
    if (accepted) assert.equal(canonical(parseCanonical(utf8(line))), line);
    else assert.throws(() => parseCanonical(utf8(line)), undefined, what);
  }
});

test('nesting and length are refused before anything is parsed', () => {
  assert.throws(() => parseCanonical(utf8('['.repeat(100000))), /nested/);
  assert.throws(() => parseCanonical(utf8('"' + 'a'.repeat(10e6) + '"')), /too long/);
  assert.equal(parseCanonical(utf8('"[[[[[[[[[[[[[[[[[[\\"["')), '[[[[[[[[[[[[[[[[[["[');
  assert.throws(() => parseCanonical(Uint8Array.of(0x22, 0xff, 0x22)));
});

test('base64url is strict', () => {
  for (const text of ['A', 'AB', 'AA=', 'A+/A', 'AA A', 'AAA\n', 5]) {
    assert.throws(() => fromBase64url(text), undefined, String(text));
  }
  for (let n = 0; n < 70; n++) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 37 + n) & 255);
    assert.equal(toBase64url(bytes), Buffer.from(bytes).toString('base64url'));
    assert.deepEqual(fromBase64url(toBase64url(bytes)), bytes);
  }
});

test('vectors: prefixes, hashes, scalars, HKDF', () => {
  for (const vector of cases('02-hashing.json')) {
    if (vector.lp) assert.equal(hex(lp(...vector.lp)), vector.out);
    else if ('u32' in vector) assert.equal(hex(u32(vector.u32)), vector.out);
    else if ('u64' in vector) assert.equal(hex(u64(vector.u64)), vector.out);
    else {
      const suite = suiteNamed(vector.suite);
      if ('hash' in vector) assert.equal(hex(suite.hash(fromHex(vector.hash))), vector.out);
      else if ('tag' in vector) {
        assert.equal(scalarHex(suite.scalar(vector.tag, fromHex(vector.data))), vector.scalar);
      } else {
        const { secret, salt, info } = vector.hkdf;
        const out = hkdf(
          suite.hash,
          fromHex(secret),
          fromHex(salt),
          fromHex(info),
          vector.length,
        );
        assert.equal(hex(out), vector.out);
      }
    }
  }
});

for (const file of ['03-credential.json', 'js-03-credential.json']) {
  test('vectors: ' + file, () => {
    for (const vector of cases(file)) {
      const suite = suiteNamed(vector.suite);
      const k = credential(suite, vector.session, fromBase64url(vector.token));
      const K = suite.mul(suite.G, k);
      assert.equal(scalarHex(k), vector.secret);
      assert.equal(toBase64url(suite.encode(K)), vector.key);
      const message = lp(vector.session, fromBase64url(vector.login.challenge));
      assert.equal(hex(message), vector.login.message);
      const signature = proveKey(suite, 'login', k, message, replay(vector.login.draws));
      assert.equal(toBase64url(signature), vector.login.signature);
      const holds = (tag) => {
        const equations = [keyEquation(suite, tag, K, message, signature)];
        return !failing(suite, [{ equations }]).length;
      };
      assert.ok(holds('login'));
      assert.ok(!holds('ballot'));
    }
  });
}

for (const file of ['04-proof.json', 'js-04-proof.json']) {
  test('vectors: ' + file, () => {
    for (const vector of cases(file)) {
      const suite = suiteNamed(vector.suite);
      const Y = suite.point(fromBase64url(vector.key));
      const { tag, motion, option, low: lo, high: hi, value: m } = vector;
      const ctx = fromHex(vector.context);
      const draw = replay(vector.draws);
      const statement = { Y, r: scalar(vector.r), m, lo, hi, ctx, motion, option };
      const proof = proveRange(suite, tag, statement, draw);
      assert.equal(toBase64url(proof), vector.proof);
      assert.equal(draw.left(), 0);
      const pair = fromBase64url(vector.ciphertext);
      const [A, B] = [suite.point(pair.subarray(0, 65)), suite.point(pair.subarray(65))];
      const read = readRange(suite, lo, hi, proof);
      const claim = (change) => ({
        equations: rangeEquations(
          suite,
          tag,
          Object.assign({ Y, A: [A], B: [B], ctx, motion, option }, change),
          read,
        ),
      });
      assert.deepEqual(failing(suite, [claim({})]), []);
      for (const change of [{ motion: 0 }, { option: 0 }, { A: [B] }, { B: [A] }, { Y: A }]) {
        assert.equal(failing(suite, [claim(change)]).length, 1, Object.keys(change)[0]);
      }
    }
  });
}

for (const file of ['05-ballot.json', 'js-05-ballot.json']) {
  test('vectors: ' + file, () => {
    for (const vector of cases(file)) {
      const { manifest, party, number, previous, choices } = vector;
      const suite = suiteNamed(vector.suite);
      checkManifest(manifest);
      const M = manifestHash(suite, manifest);
      assert.equal(hex(M), vector.manifest_hash);
      const draw = replay(vector.draws);
      const sealed = seal({
        manifest,
        party,
        key: fromBase64url(vector.key),
        number,
        previous,
        choices,
        encryptedBy: vector.encrypted_by,
        draw,
      });
      const ballot = sign(suite, sealed.ballot, scalar(vector.secret), draw);
      assert.equal(canonical(ballot), canonical(vector.ballot));
      assert.equal(draw.left(), 0);
      assert.equal(hex(sealed.digest), vector.digest);
      assert.equal(trackerText(sealed.digest), vector.tracker);
      assert.equal(hex(checkTest(manifest, sealed.test)), vector.digest);
      const read = readBallot(suite, manifest, M, ballot);
      assert.equal(hex(read.ctx), vector.context);
      verifyBallot(manifest, ballot, { key: vector.key, number, previous });
    }
  });
}

test('vectors: refused ballots, each by the check that is named', () => {
  for (const vector of cases('06-ballot-refused.json')) {
    const attempt = () => {
      const ballot = parseCanonical(utf8(vector.line));
      verifyBallot(vector.manifest, ballot, {
        key: vector.expected_key,
        number: vector.expected_number,
        previous: vector.expected_previous,
      });
    };
    if (vector.check === null) attempt();
    else assert.throws(attempt, { check: vector.check }, vector.what);
  }
});

test('vectors: aggregates, decryptions, totals, verdicts', () => {
  for (const vector of cases('07-tally.json')) {
    const { manifest, tally } = vector;
    const suite = suiteNamed(vector.suite);
    const M = manifestHash(suite, manifest);
    const { keys } = readTrustees(manifest);
    const pair = (text) => {
      const bytes = fromBase64url(text);
      return { A: suite.point(bytes.subarray(0, 65)), B: suite.point(bytes.subarray(65)) };
    };
    const sums = manifest.motions.map((motion, i) => {
      const answers = vector.counted
        .filter(({ ciphertexts }) => ciphertexts[i])
        .map(({ area, ciphertexts }) => ({
          area,
          answer: { options: ciphertexts[i].map(pair) },
        }));
      return aggregate(suite, motion, answers);
    });
    sums.forEach((sum, i) => {
      const { heads, area } = tally.motions[i];
      assert.deepEqual(encodeAggregates(suite, sum), { heads, area });
    });
    const opened = vector.decryptions.map(({ trustee: j, motions }) => ({
      j,
      F: motions.map((sides, motion) =>
        SIDES.map((name, side) =>
          sides[name].map((share, option) => {
            const [A, B] = sums[motion][name][option];
            const hash = fromHex(vector.tally_hash);
            const place = { M, tally: hash, motion, option, side, j, vk: keys[j - 1], A, B };
            const { F, equations } = decryptionEquations(suite, place, share);
            assert.deepEqual(failing(suite, [{ equations }]), []);
            const moved = decryptionEquations(suite, { ...place, option: option + 1 }, share);
            assert.equal(failing(suite, [moved]).length, 1);
            return F;
          }),
        ),
      ),
    }));
    vector.totals.forEach((totals, motion) =>
      totals.forEach((total, option) =>
        SIDES.forEach((name, side) => {
          const shares = opened
            .slice(0, manifest.trustees.threshold)
            .map(({ j, F }) => [j, F[motion][side][option]]);
          const B = sums[motion][name][option][1];
          assert.ok(opensTo(suite, B, shares, total[name]));
          assert.ok(!opensTo(suite, B, shares, total[name] + 1));
        }),
      ),
    );
    const { motions } = vector.result;
    verdicts(manifest, motions).forEach((verdict, i) => {
      const said = { ...motions[i] };
      ['id', 'participating', 'totals'].forEach((field) => delete said[field]);
      assert.deepEqual(verdict, said);
    });
  }
});

test('vectors: Merkle trees', () => {
  for (const { suite: name, lines, leaves, roots, inclusion } of cases('08-merkle.json')) {
    const suite = suiteNamed(name);
    const tree = new Tree(suite);
    lines.forEach((line, i) => {
      assert.equal(hex(tree.root()), roots[i]);
      assert.equal(hex(leafHash(suite, utf8(line))), leaves[i]);
      tree.append(utf8(line));
    });
    assert.equal(hex(tree.root()), roots[lines.length]);
    for (const { index, size, proof } of inclusion) {
      const root = rootOfPath(suite, utf8(lines[index]), index, size, proof.map(fromHash));
      assert.equal(hex(root), roots[size]);
    }
  }
});

test('vectors: checkpoints, receipts, tested ballots', () => {
  for (const vector of cases('09-signed.json')) {
    const { manifest, checkpoint, cosigned, receipt, tested } = vector;
    const suite = suiteNamed(vector.suite);
    const M = manifestHash(suite, manifest);
    checkCheckpoint(checkpoint, manifest);
    checkCheckpoint(cosigned, manifest);
    checkReceipt(receipt, manifest, M);
    assert.equal(hex(checkTest(manifest, tested.text)), tested.tracker);
    const twice = cosigned.cosignatures.concat(cosigned.cosignatures);
    assert.throws(() => checkCheckpoint({ ...cosigned, cosignatures: twice }, manifest));
    assert.throws(() => checkCheckpoint({ ...checkpoint, size: 1 }, manifest));
    assert.throws(() => checkReceipt({ ...receipt, party: 2 }, manifest, M));
  }
});

test('vectors: what exclusions after the count can change', () => {
  for (const { manifest, stated, out, finding, motions } of cases('13-late-rulings.json')) {
    const excluded = out.map(({ area, answers }) => ({ area, last: { answers } }));
    assert.deepEqual(lateFinding(manifest, stated, excluded), { finding, motions });
  }
});

test('vectors: verdicts', () => {
  for (const vector of cases('15-verdicts.json')) {
    const { roll, motions, silence, withdrawn, deemed, stated } = vector;
    const found = verdicts({ roll, motions, silence }, stated, withdrawn, deemed);
    found.forEach((one, i) => assert.deepEqual({ ...stated[i], ...one }, stated[i]));
    found.forEach((one, i) => assert.equal(Object.keys(one).length + 3, Object.keys(stated[i]).length));
  }
});

test('vectors: boards', () => {
  for (const vector of [...cases('10-boards.json'), ...cases('16-court.json')]) {
    const folder = join(FOLDER, vector.folder);
    const files = {};
    for (const name of readdirSync(folder)) {
      files[name] = new Uint8Array(readFileSync(join(folder, name)));
    }
    const { root, key, receipt, refused_by: by } = vector;
    const report = verifyExport(files, { root, key, receipt });
    const failed = report.checks.filter((check) => !check.ok).map((check) => check.name);
    assert.equal(report.ok, by === null, vector.folder + ': ' + failed);
    if (by === null) {
      assert.deepEqual(report.results, vector.results);
      assert.deepEqual(report.not_checked, vector.not_checked || []);
    } else assert.ok(failed.includes(by), vector.folder + ': ' + failed);
    if (vector.openings) openingsHold(files, vector.openings.file);
  }
});

/** The restricted file of a named vote opens what the board says, and no changed file does. */
function openingsHold(files, name) {
  const openings = readFileSync(join(FOLDER, name));
  const failed = (bytes) => {
    const report = verifyExport(files, { openings: new Uint8Array(bytes) });
    return report.checks.filter((check) => !check.ok);
  };
  assert.deepEqual(failed(openings), []);
  assert.deepEqual(failed(openings.subarray(0, -1))[0].name, 'openings');

  // The board made to name a changed file: now the proofs and sums must find the fault.
  const lines = openings
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const faults = [
    (copy) => copy.pop(),
    (copy) => copy.reverse(),
    (copy) => (copy[0].seq += 1),
    (copy) => (copy[0].trustee = 2),
    (copy) => (copy[0] = null),
    (copy) => copy[0].motions[0].reverse(),
    (copy) => (copy[0].motions[0] = null),
    (copy) => (copy[0].motions[0][0].share = copy[0].motions[0][1].share),
    (copy) => (copy[1].motions = copy[0].motions),
  ];
  for (const fault of faults) {
    const copy = structuredClone(lines);
    fault(copy);
    const changed = utf8(copy.map((line) => canonical(line) + '\n').join(''));
    const report = new Verification(files, { openings: changed });
    report.run();
    report.openings.body.sha256 = hex(sha256(changed));
    assert.throws(
      () => checkOpenings(report, changed),
      /^(?!.*(undefined|Cannot)).*$/,
      String(fault),
    );
  }
}

test('a test of a ballot finds another choice, another r, and another ballot', () => {
  const [vector] = cases('05-ballot.json');
  const { manifest } = vector;
  const suite = suiteNamed(vector.suite);
  const made = () =>
    seal({
      manifest,
      party: 1,
      key: fromBase64url(vector.key),
      number: 1,
      previous: NO_PREVIOUS,
      choices: [[0], null, [2]],
      encryptedBy: 'browser',
    });
  const { ballot, digest, test: opened } = made();
  assert.equal(hex(checkTest(manifest, opened)), hex(ballotDigest(suite, ballot)));
  assert.equal(hex(checkTest(manifest, opened)), hex(digest));
  const changes = [
    (t) => t.answers[0].choices.reverse(),
    (t) => t.answers[0].randomness.reverse(),
    (t) => (t.answers[1] = t.answers[0]),
    (t) => (t.answers[0].choices[1] = true),
    (t) => (t.ballot.answers = made().ballot.answers),
    (t) => (t.extra = 1),
  ];
  for (const change of changes) {
    const copy = structuredClone(opened);
    change(copy);
    assert.throws(() => checkTest(manifest, copy), { check: 'test' }, String(change));
  }
});

test('a choice that the motion does not allow is never sealed', () => {
  const [vector] = cases('05-ballot.json');
  const attempt = (choices) =>
    seal({
      manifest: vector.manifest,
      party: 1,
      key: fromBase64url(vector.key),
      number: 1,
      previous: NO_PREVIOUS,
      choices,
      encryptedBy: 'browser',
    });
  const bad = [
    [[0]],
    [null, null, null],
    [[], null, null],
    [[0, 1], null, null],
    [null, [0, 1, 2], null],
    [null, [1, 1], null],
    [null, [3], null],
  ];
  for (const choices of bad)
    assert.throws(() => attempt(choices), undefined, JSON.stringify(choices));
});
