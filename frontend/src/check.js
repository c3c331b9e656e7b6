/**
 * The check page, where JavaScript is there: the own receipt first, or a tested ballot,
 * or all files of an export. Every word is in the page. Without it the form goes to the
 * server, which checks the same.
 */
import { able, all, byId, show, startWorker } from './page/client.js';

(function () {
  const form = byId('check');
  if (!form || !able()) return;
  const field = byId('receipt');
  const chosen = byId('export');
  const verdicts = ['ok', 'bad', 'pending', 'destroyed', 'unreadable'];
  let worker = null;
  const ask = (message, progress) => {
    worker = worker || startWorker(form.dataset.bundle);
    return worker(message, progress);
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    begin();
  });
  if (location.hash.length > 1) {
    try {
      field.value = atob(location.hash.slice(1).replace(/-/g, '+').replace(/_/g, '/'));
    } catch (_) {
      return say('unreadable', []);
    }
    begin();
  }

  function begin() {
    verdicts.forEach((verdict) => show(byId('verdict-' + verdict), false));
    all('#checks li').forEach((item) => show(item, false));
    show(byId('checking'), true);
    act().then(
      (report) => say(report.ok ? 'ok' : report.pending ? 'pending' : 'bad', report.checks),
      (error) => say(error.message === 'destroyed' ? 'destroyed' : 'unreadable', []),
    );
  }

  /** Rejects where what was given cannot be read, or nothing is known of it. */
  function act() {
    const files = chosen ? Array.from(chosen.files) : [];
    return Promise.resolve()
      .then(() => (field.value.trim() || !files.length ? JSON.parse(field.value) : undefined))
      .then((given) => {
        if (files.length) return withFiles(files, given);
        if (given.format === 'yishi-test-1') {
          return fetchProof({ manifest: given.ballot.manifest }).then((proof) =>
            ask({ act: 'test', opened: given, proof }),
          );
        }
        const { session, seq, tracker } = given;
        const now = new Date().toISOString().slice(0, 19) + 'Z';
        return fetchProof({ session, seq, tracker }).then((proof) =>
          ask({ act: 'receipt', receipt: given, proof, now }),
        );
      });
  }

  function fetchProof(query) {
    const text = Object.keys(query).map((name) => name + '=' + encodeURIComponent(query[name]));
    return fetch(form.dataset.proof + '?' + text.join('&')).then((answer) => {
      if (!answer.ok) throw new Error(answer.status === 410 ? 'destroyed' : 'unknown');
      return answer.json();
    });
  }

  function withFiles(files, receipt) {
    const bar = byId('checking').querySelector('progress');
    const read = (file) => new Response(file).arrayBuffer();
    return Promise.all(files.map(read)).then((contents) => {
      const named = {};
      files.forEach((file, i) => {
        named[file.name] = new Uint8Array(contents[i]);
      });
      return ask({ act: 'export', files: named, receipt }, (part) => {
        if (bar) bar.value = part;
      });
    });
  }

  function say(verdict, checks) {
    show(byId('checking'), false);
    show(byId('verdict-' + verdict), true);
    byId('verdict-' + verdict).focus();
    checks.forEach(({ name, ok, detail }) => {
      const item = document.querySelector('#checks [data-check="' + name + '"]');
      if (!item) return;
      show(item, true);
      show(item.querySelector('[data-ok]'), ok);
      show(item.querySelector('[data-bad]'), !ok);
      const place = item.querySelector('[data-detail]');
      if (place) place.textContent = detail;
    });
  }
})();
