/** Runs in a worker of the check page: receipts, opened ballots, whole exports. */
import './page/older.js';
import { serve } from './page/server.js';
import { checkTest, manifestHash } from './protocol/ballot.js';
import { checkReceiptProof } from './protocol/board.js';
import { toHex, trackerText, utf8 } from './protocol/bytes.js';
import { parseCanonical } from './protocol/json.js';
import { checkManifest } from './protocol/manifest.js';
import { suiteNamed } from './protocol/suite.js';
import { verifyExport } from './protocol/verifier.js';

serve({
  /** One receipt, with the proof that the server gave for it. */
  receipt({ receipt, proof, now }) {
    return checkReceiptProof(receipt, proof, now);
  },

  /** A tested ballot, with the line of the manifest it names. */
  test({ opened, proof }) {
    try {
      const manifest = parseCanonical(utf8(proof.manifest)).body;
      checkManifest(manifest);
      const M = toHex(manifestHash(suiteNamed(manifest.suite), manifest));
      if (M !== opened.ballot.manifest) throw new Error('the test names another manifest');
      const detail = trackerText(checkTest(manifest, opened));
      return { ok: true, checks: [{ name: 'test', ok: true, detail }] };
    } catch (error) {
      return { ok: false, checks: [{ name: 'test', ok: false, detail: error.message }] };
    }
  },

  /** Every file of an export; a receipt may come along. */
  export({ files, receipt }, progress) {
    return verifyExport(files, { receipt, progress });
  },
});
