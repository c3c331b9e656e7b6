/** The ceremony of §14 by the vectors that Python wrote, and what it refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBase64url, toHex } from '../src/protocol/bytes.js';
import * as ceremony from '../src/protocol/ceremony.js';
import { openFile, sealFile } from '../src/protocol/keyfile.js';
import { cases, fromHex, replay, scalar } from '../tools/vectors.mjs';

const copy = (value) => JSON.parse(JSON.stringify(value));
const upTo = (transcript, rounds) => {
  const names = ['certificates', 'reveals', 'confirmations'];
  const out = copy(transcript);
  names.slice(rounds).forEach((name) => (out[name] = []));
  return out;
};
const bytesOf = (list) => {
  const values = list.map(fromHex);
  return () => values.shift();
};

for (const vector of cases('12-ceremony.json')) {
  const { transcript } = vector;
  const name = vector.suite + ', ' + vector.trustees.length + ' trustees: ';

  test(name + 'transcript, fingerprint and outcome', () => {
    const whole = ceremony.parse(transcript);
    assert.deepEqual(whole.hashes.map(toHex), vector.hashes);
    assert.equal(ceremony.fingerprint(whole), vector.fingerprint);
    assert.deepEqual(ceremony.outcome(whole), vector.outcome);
  });

  test(name + 'each trustee writes the same bytes', () => {
    for (const { index, draws, random, key } of vector.trustees) {
      const [draw, bytes] = [replay(draws), bytesOf(random)];
      const start = ceremony.parse(upTo(transcript, 0));
      const secret = ceremony.newSecret(start, index, draw, bytes);
      const at = index - 1;
      assert.deepEqual(ceremony.certificate(start, secret), transcript.certificates[at]);
      const second = ceremony.parse(upTo(transcript, 1));
      assert.deepEqual(
        ceremony.reveal(second, secret, draw, bytes),
        transcript.reveals[at],
      );
      const third = ceremony.parse(upTo(transcript, 2));
      const confirmed = ceremony.confirm(third, secret, draw);
      assert.deepEqual(confirmed.message, transcript.confirmations[at]);
      assert.equal(confirmed.secret, scalar(key));
      const vk = third.suite.encode(third.suite.mul(third.suite.G, confirmed.secret));
      assert.ok(ceremony.decrypts(third.suite, vk, confirmed.secret));
      assert.ok(!ceremony.decrypts(third.suite, vk, confirmed.secret + BigInt(1)));
      assert.equal(draw.left(), 0);
    }
  });

  test(name + 'a share bent on its way is named', () => {
    const [first] = vector.trustees;
    const bent = upTo(transcript, 2);
    const { suite } = ceremony.parse(upTo(transcript, 0));
    const shares = bent.reveals[1].shares;
    [shares[0], shares[2]] = [shares[2], shares[0]];
    if (vector.trustees.length < 3) return;
    const draw = replay(first.draws);
    const start = ceremony.parse(upTo(transcript, 0));
    const secret = ceremony.newSecret(start, 1, draw, bytesOf(first.random));
    assert.equal(suite.name, vector.suite);
    shares[1] = null;
    const third = ceremony.parse({ ...bent });
    assert.throws(
      () => ceremony.confirm(third, secret),
      (error) => error.code === 'share' && error.index === 2,
    );
  });

  test(name + 'every field of every message counts', () => {
    const refused = (rounds, edit) => {
      const bad = upTo(transcript, rounds);
      edit(bad);
      assert.throws(() => ceremony.parse(bad), (error) => error.check === 'ceremony');
    };
    ['certificates', 'reveals', 'confirmations'].forEach((list, at) => {
      for (const field of Object.keys(transcript[list][0])) {
        refused(at + 1, (bad) => delete bad[list][0][field]);
        refused(at + 1, (bad) => (bad[list][0][field] = null));
        refused(at + 1, (bad) => (bad[list][0][field] = bad[list][1][field] + 'A'));
      }
      refused(at + 1, (bad) => bad[list].pop());
      refused(at + 1, (bad) => bad[list].reverse());
      refused(at + 1, (bad) => (bad[list][0].more = 1));
    });
    refused(1, (bad) => (bad.certificates[0].encryption = toBase64url(new Uint8Array(32))));
    refused(2, (bad) => (bad.certificates = []));
    refused(3, (bad) => (bad.confirmations[0] = bad.confirmations[1]));
  });
}

test('a key file opens with its passphrase alone, however that was typed', () => {
  const file = sealFile('yishi-trustee-key-1', { a: 1 }, 'zw\u00f6lf Zeichen', 2 ** 14);
  const open = (bytes, words, format = 'yishi-trustee-key-1') => openFile(bytes, format, words);
  assert.deepEqual(open(file, 'zwo\u0308lf Zeichen'), { a: 1 });
  const refused = (check, ...given) =>
    assert.throws(() => open(...given), (error) => error.check === check);
  refused('passphrase', file, 'zwolf Zeichen');
  refused('keyfile', file, 'zw\u00f6lf Zeichen', 'yishi-trustee-work-1');
  refused('canonical', file.subarray(0, -1), 'zw\u00f6lf Zeichen');
  refused('canonical', new Uint8Array(0), 'zw\u00f6lf Zeichen');
  const text = new TextDecoder().decode(file);
  const edited = (from, to) => new TextEncoder().encode(text.replace(from, to));
  for (const n of ['32768']) refused('passphrase', edited('16384', n), 'zw\u00f6lf Zeichen');
  for (const n of ['49152', '1073741824', '8192']) {
    refused('keyfile', edited('16384', n), 'zw\u00f6lf Zeichen');
  }
});
