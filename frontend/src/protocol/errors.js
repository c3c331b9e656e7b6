/** A refusal. `check` is the name of the failing check in docs/protocol.md §12. */
export class Refused extends Error {
  constructor(check, detail) {
    super(check + ': ' + detail);
    this.name = 'Refused';
    this.check = check;
    this.detail = detail;
  }
}
