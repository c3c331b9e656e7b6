/** A refusal. `check` is the name of the failing check in docs/protocol.md §12. */
export class Refused extends Error {
  constructor(check, detail) {
    super(check + ': ' + detail);
    this.name = 'Refused';
    this.check = check;
    this.detail = detail;
  }
}

/** Throws where a condition does not hold; the check that runs gives its name. */
export function demand(condition, detail) {
  if (!condition) throw new Error(detail);
}
