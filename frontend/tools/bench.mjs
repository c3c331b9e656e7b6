/**
 * Measures what issue 3 sets limits for: `node tools/bench.mjs [BALLOTS] [SUITE]`.
 * A ballot sealed and signed cold (the first of this process, imports excluded), and a
 * board of BALLOTS verified. CPU time of this process; the board is made first, untimed.
 */
import { credential, NO_PREVIOUS, seal, sign } from '../src/protocol/ballot.js';
import { suiteNamed } from '../src/protocol/suite.js';
import { verifyExport } from '../src/protocol/verifier.js';
import { question, Session } from './session.mjs';

const ballots = Number(process.argv[2] || 1000);
const suite = process.argv[3] || 'P256-SHA256';
const motions = ['m1', 'm2', 'm3'].map((id) => question(id));

function timed(what, act) {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  const value = act();
  const { user, system } = process.cpuUsage(cpu);
  const ms = ((user + system) / 1000).toFixed(0);
  console.log(what + ': ' + ms + ' ms CPU, ' + (performance.now() - wall).toFixed(0) + ' ms');
  return value;
}

const s = suiteNamed(suite);
if (process.argv[2] === 'cold') {
  // The election key must be a fresh point, or the tables made for it would be warm.
  const electionKey = process.argv[4];
  const manifest = {
    suite,
    session: 'BENCH1',
    motions,
    trustees: { election_key: electionKey },
  };
  timed('one ballot, cold', () => {
    const k = credential(s, 'BENCH1', new Uint8Array(16));
    const key = s.encode(s.mul(s.G, k));
    const base = { manifest, party: 1, key, number: 1, previous: NO_PREVIOUS };
    const { ballot } = seal({ ...base, choices: [[0], [1], [2]], encryptedBy: 'browser' });
    return sign(s, ballot, k);
  });
} else {
  const session = new Session({ suite, motions, parties: ballots });
  const chosen = {};
  timed('the board is made', () => {
    for (let party = 1; party <= ballots; party++) {
      chosen[party] = [[party % 3], [0], [(party >> 1) % 3]];
      session.cast(party, chosen[party]);
    }
  });
  const files = session.count(chosen);
  const report = timed(ballots + ' ballots verified', () => verifyExport(files, {}));
  if (!report.ok) throw new Error(JSON.stringify(report));
}
