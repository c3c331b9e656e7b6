/** RFC 6962 §2.1 over the suite's hash. */
import { concat } from './bytes.js';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const leafHash = (suite, line) => suite.hash(concat(LEAF, line));
const nodeHash = (suite, left, right) => suite.hash(concat(NODE, left, right));

/** A growing tree: keeps the roots of its complete subtrees, largest first. */
export class Tree {
  constructor(suite) {
    this.suite = suite;
    this.size = 0;
    this.peaks = [];
  }

  append(line) {
    this.peaks.push(leafHash(this.suite, line));
    this.size++;
    for (let n = this.size; n % 2 === 0; n /= 2) {
      const right = this.peaks.pop();
      this.peaks.push(nodeHash(this.suite, this.peaks.pop(), right));
    }
  }

  root() {
    if (!this.size) return this.suite.hash(new Uint8Array(0));
    return this.peaks.reduceRight((right, left) => nodeHash(this.suite, left, right));
  }
}

/** The root that an inclusion path (RFC 9162 §2.1.3.2) leads to; throws if it is too short or long. */
export function rootOfPath(suite, line, index, size, path) {
  if (!(index >= 0 && index < size)) throw new Error('no such leaf');
  let node = index;
  let last = size - 1;
  let hash = leafHash(suite, line);
  for (const sibling of path) {
    if (last === 0) throw new Error('the path is too long');
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(suite, sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(suite, hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new Error('the path is too short');
  return hash;
}
