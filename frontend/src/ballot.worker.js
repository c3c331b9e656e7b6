/**
 * Runs in a worker of the voting pages: holds the letter's secret key and the sealed
 * ballot in its memory, and nowhere else. A sealed ballot leaves it once: signed (cast)
 * or opened (test), never both.
 */
import './page/older.js';
import { serve } from './page/server.js';
import { fromBase64url, toBase64url, trackerText } from './protocol/bytes.js';
import { credential, login, seal, sign } from './protocol/ballot.js';
import { canonical } from './protocol/json.js';
import { suiteNamed } from './protocol/suite.js';

let facts = null;
let secret = null;
let key = null;
let sealed = null;

const acts = {
  /** Answers the landing page's challenge with the letter's key. */
  login({ suite, session, token, challenge }) {
    const s = suiteNamed(suite);
    const k = credential(s, session, fromBase64url(token));
    return {
      login: toBase64url(login(s, session, k, fromBase64url(challenge))),
      letter_key: toBase64url(s.encode(s.mul(s.G, k))),
    };
  },

  /** Takes the page's facts; the key comes from the letter, or is a fresh one. */
  open(message) {
    facts = message.facts;
    const suite = suiteNamed(facts.manifest.suite);
    secret =
      facts.mode === 'letter'
        ? credential(suite, facts.manifest.session, fromBase64url(message.token))
        : suite.random();
    key = suite.encode(suite.mul(suite.G, secret));
    if (facts.mode === 'letter' && toBase64url(key) !== facts.key) {
      throw Object.assign(new Error('another key'), { code: 'key' });
    }
    return {};
  },

  seal({ choices }, progress) {
    sealed = seal({
      manifest: facts.manifest,
      party: facts.party,
      key,
      number: facts.number,
      previous: facts.previous,
      choices,
      encryptedBy: 'browser',
      progress,
    });
    return { tracker: trackerText(sealed.digest) };
  },

  cast() {
    const { ballot } = take();
    return { ballot: canonical(sign(suiteNamed(facts.manifest.suite), ballot, secret)) };
  },

  test() {
    return { test: canonical(take().test) };
  },
};

function take() {
  const taken = sealed;
  sealed = null;
  if (!taken) throw new Error('nothing is sealed');
  return taken;
}

serve(acts);
