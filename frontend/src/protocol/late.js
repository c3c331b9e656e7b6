/** Exclusions after the count: what they can change, with no ballot opened (protocol §10). */
import {
  compare,
  elect,
  hasQuorum,
  majority,
  majorityOption,
  questionResult,
  rejectDependent,
} from './count.js';

const bothSides = (act) => ({ heads: act('heads'), area: act('area') });

/**
 * The fields `finding` and `motions` of a late ruling. `stated`: the motions of the result;
 * `out`: everybody excluded after the count so far, `{area, last}` with the counted ballot.
 */
export function lateFinding(manifest, stated, out) {
  const pairs = manifest.motions.map((motion, i) => own(manifest, motion, stated[i], gone(i)));
  const [best, worst] = [0, 1].map((side) => {
    const outcomes = pairs.map((pair) => ({ result: pair[side] }));
    rejectDependent(manifest, outcomes);
    return outcomes.map(({ result }) => result);
  });
  const motions = manifest.motions.map(({ id }, i) => {
    return { id, results: best[i] === worst[i] ? [best[i]] : [best[i], worst[i]] };
  });
  const stands = motions.every(
    ({ results }, i) => results.length === 1 && results[0] === stated[i].result,
  );
  return { finding: stands ? 'stands' : 'recount', motions };

  function gone(i) {
    const there = out.filter(({ last }) => last.answers[i] !== null);
    return { heads: there.length, area: there.reduce((sum, { area }) => sum + area, 0) };
  }
}

const BEST_LAST = ['no_quorum', 'rejected', 'passed'];

/** [best, worst] verdict of one motion by itself. */
function own(manifest, motion, stated, gone) {
  const { participating, totals } = stated;
  const { roll } = manifest;
  const left = bothSides((s) => participating[s] - gone[s]);
  const least = totals.map((total) => bothSides((s) => Math.max(0, total[s] - gone[s])));
  const most = totals.map((total) => bothSides((s) => Math.min(total[s], left[s])));
  if (motion.kind !== 'election') {
    const ends = [];
    joined(stated.deemed, left, least, most).forEach((option) =>
      [most[0], least[0]].forEach((yes) =>
        ends.push(questionResult(motion, roll, left, yes, option, stated.deemed)),
      ),
    );
    ends.sort((x, y) => BEST_LAST.indexOf(y) - BEST_LAST.indexOf(x));
    return [ends[0], ends[ends.length - 1]];
  }
  const found = elect(motion, roll, participating, totals, stated.withdrawn);
  if (!gone.heads) return [found.result, found.result];
  if (!hasQuorum(roll, left)) return ['no_quorum', 'no_quorum'];
  const certain = found.stands !== false && sameSeats(motion, found, left, least, most, stated);
  return certain ? [found.result, found.result] : ['passed', 'rejected'];
}

/** The options that silence may join in what is left; -1 where it may join none. */
function joined(deemed, left, least, most) {
  if (!deemed) return [-1];
  const has = (total) => majorityOption(left, [total]) === 0;
  const may = most.map((total, option) => (has(total) ? option : -1)).filter((o) => o >= 0);
  return least.some(has) ? may : may.concat(-1);
}

/** Whether just those are elected whatever the excluded had chosen. */
function sameSeats(motion, { elected }, left, least, most, { withdrawn }) {
  const { seats, ranking } = motion.election;
  const passes = (count) => majority(motion.approval, count, left);
  const full = elected.length === seats;
  const beaten = (option) =>
    ranking &&
    full &&
    elected.every((winner) => compare(ranking.by, least[winner], most[option], left) > 0);
  return motion.options.every((id, option) => {
    if (withdrawn.indexOf(id) >= 0) return true;
    if (elected.indexOf(option) >= 0) return passes(least[option]);
    return !passes(most[option]) || beaten(option);
  });
}
