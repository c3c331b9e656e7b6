/** Exclusions after the count: what they can change, with no ballot opened (protocol §10). */
import { hasQuorum, majority, rejectDependent } from './count.js';

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

/** [best, worst] verdict of one motion by itself. */
function own(manifest, motion, { participating, totals, elected }, gone) {
  const left = bothSides((s) => participating[s] - gone[s]);
  if (!hasQuorum(manifest.roll, left)) return ['no_quorum', 'no_quorum'];
  const least = totals.map((total) => bothSides((s) => Math.max(0, total[s] - gone[s])));
  const most = totals.map((total) => bothSides((s) => Math.min(total[s], left[s])));
  const passes = (count) => majority(motion.approval, count, left);
  const verdict = (yes) => (yes ? 'passed' : 'rejected');
  if (motion.kind !== 'election') return [verdict(passes(most[0])), verdict(passes(least[0]))];

  const seated = motion.options.map((option) => elected.indexOf(option) >= 0);
  const full = elected.length === motion.max;
  const ahead = (x, y) => x.heads > y.heads || (x.heads === y.heads && x.area > y.area);
  const staysOut = (option) =>
    !passes(most[option]) ||
    (full && seated.every((is, winner) => !is || ahead(least[winner], most[option])));
  const certain = seated.every((is, option) => (is ? passes(least[option]) : staysOut(option)));
  if (!certain) return ['passed', 'rejected'];
  return elected.length ? ['passed', 'passed'] : ['rejected', 'rejected'];
}
