/** The restricted file of a named vote (docs/protocol.md §10, "Openings"). */
import { sha256 } from '@noble/hashes/sha2.js';
import { isParty, isShares } from './bodies.js';
import { splitLines } from './board.js';
import { toHex } from './bytes.js';
import { openingEquations, opensTo } from './count.js';
import { demand } from './errors.js';
import { canonical, hasExactly, parseCanonical } from './json.js';
import { failing } from './proofs.js';

const BATCH = 500; // proofs of one sum

/**
 * Throws unless the file opens every counted ballot by k trustees, adding up to the totals
 * that were proved. `vote`: a Verification that has come to its verdict.
 */
export function checkOpenings(vote, file) {
  const { sha256: hash, ballots } = vote.openings.body;
  const counted = vote.countable();
  demand(toHex(sha256(file)) === hash, 'another file than the board names');
  demand(ballots === counted.length, 'another number of ballots');
  const lines = file.length ? splitLines(file).map((line) => parseCanonical(line)) : [];
  const shares = readLines(vote, counted, lines);
  const sums = addUp(vote, counted, shares);
  const totals = vote.result.body.motions.map((motion) => motion.totals);
  demand(canonical(sums) === canonical(totals), 'does not add up to the result');
  return counted.length + ' ballots add up to the result';
}

/** `{j, motions}` of every line, F per motion and option, all proofs checked. */
function readLines(vote, counted, lines) {
  const n = counted.length;
  const trustees = n ? lines.length / n : 0;
  const enough = trustees >= vote.manifest.trustees.threshold;
  demand(n ? Number.isInteger(trustees) && enough : !lines.length, 'missing or added lines');
  const claims = [];
  const shares = lines.map((line, at) => {
    const { party, last } = counted[at % n];
    const where = 'line ' + (at + 1) + ': ';
    demand(hasExactly(line, ['party', 'seq', 'trustee', 'motions']), where + 'fields');
    demand(line.party === party && line.seq === last.seq, where + 'another ballot is due');
    demand(isParty(line.trustee), where + 'trustee');
    demand(line.trustee === lines[at - (at % n)].trustee, where + 'another trustee is due');
    demand(at < n || lines[at - n].trustee < line.trustee, where + 'trustees out of order');
    return { j: line.trustee, motions: readLine(vote, line, last, where, claims) };
  });
  for (let at = 0; at < claims.length; at += BATCH) {
    const bad = failing(vote.suite, claims.slice(at, at + BATCH));
    demand(!bad.length, bad.length && bad[0].detail);
  }
  return shares;
}

function readLine(vote, line, ballot, where, claims) {
  const { M, suite } = vote;
  const vk = vote.trusteeKeys[line.trustee - 1];
  demand(vk && Array.isArray(line.motions), where + 'no such trustee, or no motions');
  demand(line.motions.length === ballot.answers.length, where + 'motions');
  return ballot.answers.map((answer, motion) => {
    const row = line.motions[motion];
    demand((answer === null) === (row === null), where + 'a motion that is null or not');
    if (answer === null) return null;
    demand(isShares(row) && row.length === answer.options.length, where + 'options');
    return answer.options.map(({ A, B }, option) => {
      const place = { M, digest: ballot.digest, motion, option, j: line.trustee, vk, A, B };
      const { F, equations } = openingEquations(suite, place, row[option]);
      claims.push({ check: 'openings', detail: where + 'a proof does not hold', equations });
      return F;
    });
  });
}

/** Heads and area of those who chose each option; refuses what holds neither 0 nor 1. */
function addUp(vote, counted, shares) {
  const { suite, manifest } = vote;
  const k = manifest.trustees.threshold;
  const sums = manifest.motions.map(({ options }) =>
    options.map(() => ({ heads: 0, area: 0 })),
  );
  counted.forEach(({ last, area, party }, at) => {
    const own = [];
    for (let t = 0; t < k; t++) own.push(shares[t * counted.length + at]);
    last.answers.forEach((answer, motion) =>
      (answer ? answer.options : []).forEach(({ B }, option) => {
        const F = own.map(({ j, motions }) => [j, motions[motion][option]]);
        if (opensTo(suite, B, F, 1)) {
          sums[motion][option].heads += 1;
          sums[motion][option].area += area;
        } else {
          demand(opensTo(suite, B, F, 0), 'party ' + party + ': neither chosen nor not');
        }
      }),
    );
  });
  return sums;
}
