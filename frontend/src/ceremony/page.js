/**
 * One trustee's page, opened from a file (docs/protocol.md §14). The same script runs twice: in
 * the page, and in a worker made of its own text, which does the arithmetic.
 */
import '../page/older.js';
import { all, byId, show, startWorker } from '../page/client.js';
import { ACTS, demandSame, Stop, stopOf } from './acts.js';
import { readExport, readFile, saveFile } from './files.js';
import { dueLines, holder, ofTerms, sentence, tested } from './words.js';
import { equal } from '../protocol/bytes.js';
import { fileOf } from '../protocol/keyfile.js';

if (typeof document === 'undefined') work();
else begin();

/** In the worker: acts are asked for by name; a refusal goes back as code and facts. */
function work() {
  self.onmessage = ({ data }) => {
    const { id, act, input } = data;
    try {
      const progress = (done, whole) =>
        self.postMessage({ id, progress: Math.min(1, done / whole) });
      self.postMessage({ id, answer: ACTS[act](input, progress) });
    } catch (error) {
      const stop = error instanceof RangeError ? new Stop('memory') : stopOf(error);
      self.postMessage({ id, error: { code: stop.code, facts: stop.facts } });
    }
  };
}

function begin() {
  const bar = byId('bar');
  let ask = null; // the worker, once it is there
  let files = {}; // name on the button → [bytes, file name], to be saved
  let transcript = null; // the ceremony file that was picked
  let terms = null;

  /** Both languages, of which the style shows one. */
  function write(element, [zh, en]) {
    element.textContent = '';
    [
      ['zh', zh],
      ['en', en],
    ].forEach(([lang, text]) => {
      const span = document.createElement('span');
      span.lang = lang;
      span.textContent = text;
      element.appendChild(span);
    });
  }

  function list(element, lines) {
    element.textContent = '';
    lines.forEach((line) => write(element.appendChild(document.createElement('li')), line));
  }

  function go(name) {
    files = {};
    show(byId('refused'), false);
    all('main > section').forEach((section) => show(section, section.id === name));
    all('.made, #confirmed, #opened').forEach((part) => show(part, false));
    all('main form').forEach((form) => {
      form.reset();
      show(form, true);
    });
    all('button.saved').forEach((button) => button.classList.remove('saved'));
    all('[data-save]').forEach((button) => (button.disabled = button.dataset.save === 'share'));
    const title = byId(name).querySelector('h1');
    title.tabIndex = -1;
    title.focus();
    window.scrollTo(0, 0);
  }

  function refuse(error) {
    const stop = error && error.code ? error : stopOf(error);
    write(byId('refused'), sentence(stop));
    show(byId('refused'), true);
    byId('refused').focus();
  }

  /** Does an act, in the worker where the browser allows one for a page from a file. */
  function run(act, input) {
    if (ask === null) {
      try {
        const text = byId('tool').textContent;
        ask = startWorker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
      } catch (_) {
        ask = false;
      }
    }
    bar.removeAttribute('value');
    // Without a worker the page stands still meanwhile, so let it say first that it works.
    const here = () =>
      new Promise((resolve) => setTimeout(resolve, 100)).then(() => ACTS[act](input));
    if (!ask) return here();
    return ask({ act, input }, (part) => (bar.value = part)).catch((error) => {
      if (typeof error !== 'string') throw error;
      ask = false; // it could not be started
      return here();
    });
  }

  /** What a form holds: bytes of files, texts; `files` is an export. Rejects where one is missing. */
  function read(form) {
    const input = {};
    const waiting = all('input', form).map((field) => {
      const { name, type } = field;
      if (type === 'file') {
        const picked = Array.from(field.files);
        if (!picked.length) return need(field);
        return (name === 'files' ? readExport(picked) : readFile(picked[0])).then(
          (bytes) => (input[name] = bytes),
        );
      }
      if (type === 'radio' || type === 'checkbox') {
        if (field.checked) input[name] = field.value;
        return null;
      }
      if (!field.value) return need(field);
      input[name] = field.value;
      return null;
    });
    all('input[type=radio], input[type=checkbox]', form).forEach(({ name }) => {
      if (input[name] === undefined) waiting.push(Promise.reject(new Stop('missing')));
    });
    return Promise.all(waiting).then(() => input);
  }

  const need = (field) =>
    field.dataset.optional === undefined ? Promise.reject(new Stop('missing')) : null;

  function demandTwo(form) {
    const [key, copy] = ['key', 'copy'].map((name) => form.elements[name].files[0]);
    const same =
      key && copy && key.name === copy.name && key.lastModified === copy.lastModified;
    if (same) throw new Stop('key.same');
  }

  const name = (kind, number, part) =>
    [kind, terms.session, number].concat(part || []).join('-') + '.json';

  function made(section, saved) {
    files = saved;
    const part = section.querySelector('.made');
    show(section.querySelector('form'), false);
    show(part, true);
    window.scrollTo(0, 0);
  }

  const steps = {
    look: (form, input) =>
      run('look', input).then((found) => {
        transcript = input.file;
        terms = found;
        go(['certificate', 'reveal', 'confirm', 'fingerprint'][found.round]);
        all('[data-terms]').forEach((place) => write(place, ofTerms(found)));
        const who = byId('who');
        who.textContent = '';
        found.names.forEach((person, i) => {
          const label = who.appendChild(document.createElement('label'));
          label.className = 'radio';
          const radio = label.appendChild(document.createElement('input'));
          Object.assign(radio, { type: 'radio', name: 'index', value: String(i + 1) });
          write(label.appendChild(document.createElement('span')), holder(person, i));
        });
      }),

    certificate: (form, { index, passphrase, again }) => {
      if (passphrase !== again) throw new Stop('passphrase.differ');
      const number = Number(index);
      return run('certificate', { file: transcript, index: number, passphrase }).then((out) =>
        made(byId('certificate'), {
          work: [out.work, name('work', number)],
          message: [out.message, name('certificate', number)],
        }),
      );
    },

    reveal: (form, input) =>
      run('reveal', Object.assign(input, { file: transcript })).then(({ number, message }) =>
        made(byId('reveal'), { message: [message, name('reveal', number)] }),
      ),

    confirm: (form, input) =>
      run('confirm', Object.assign(input, { file: transcript })).then((out) =>
        made(byId('confirm'), {
          'key-a': [out.keys[0], name('key', out.number, 'a')],
          'key-b': [out.keys[1], name('key', out.number, 'b')],
          message: [out.message, name('confirmation', out.number)],
        }),
      ),

    /** The two copies as they lie on the sticks, which must be those just made. */
    try: (form, input) => {
      demandTwo(form);
      const two = [input.key, input.copy];
      const right = ['key-a', 'key-b'].every((kind) =>
        two.some((bytes) => equal(bytes, files[kind][0])),
      );
      if (!right) throw new Stop('key.not_these');
      return run('test', input).then(() => {
        show(form, false);
        show(byId('confirmed'), true);
      });
    },

    fingerprint: (form, input) =>
      run('fingerprint', Object.assign(input, { file: transcript })).then((out) => {
        const shown = byId('shown-fingerprint');
        shown.textContent = '';
        out.fingerprint.match(/.{9}-?/g).forEach((pair) => {
          shown.appendChild(document.createElement('span')).textContent = pair;
        });
        made(byId('fingerprint'), {});
      }),

    test: (form, input) => {
      demandTwo(form);
      return run('test', input).then((out) => {
        write(byId('tested'), tested(out));
        made(byId('test'), {});
      });
    },

    examine: (form, input) => {
      if (input.before === 'yes' && !input.note) throw new Stop('missing');
      if (input.before === 'no') delete input.note;
      if (input.root === undefined || input.root.trim() === '') delete input.root;
      else input.root = input.root.trim().toLowerCase();
      const now = new Date().toISOString().slice(0, 19) + 'Z';
      return run('examine', Object.assign(input, { now })).then((found) => {
        const kept = remembered(found);
        if (kept) demandSame(kept, found.opens);
        terms = found;
        list(byId('due'), dueLines(found));
        made(byId('open'), {});
      });
    },

    decrypt: (form) =>
      run('decrypt', {}).then(({ number, note, share }) => {
        remember(terms);
        files = { note: [note, name('opened', number)], share: [share, name('share', number)] };
        show(form, false);
        show(byId('opened'), true);
      }),
  };

  // This browser's own memory of what a key has opened, where it gives a page from a file one;
  // the note is what counts.
  const place = ({ session, number }) => 'yishi-opened-' + session + '-' + number;

  function remembered(found) {
    try {
      const text = localStorage.getItem(place(found));
      return text && fileOf(JSON.parse(text));
    } catch (_) {
      return null;
    }
  }

  function remember(found) {
    try {
      localStorage.setItem(place(found), JSON.stringify(found.opens));
    } catch (_) {
      // no memory here
    }
  }

  all('main form').forEach((form) =>
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const buttons = all('button', form);
      show(byId('refused'), false);
      show(byId('working'), true);
      buttons.forEach((button) => (button.disabled = true));
      read(form)
        .then((input) => steps[form.dataset.act](form, input))
        .catch(refuse)
        .then(() => {
          show(byId('working'), false);
          buttons.forEach((button) => (button.disabled = false));
        });
    }),
  );
  all('[data-go]').forEach((button) =>
    button.addEventListener('click', () => go(button.dataset.go)),
  );
  all('[data-save]').forEach((button) =>
    button.addEventListener('click', () => {
      const [bytes, as] = files[button.dataset.save];
      saveFile(bytes, as);
      button.classList.add('saved');
      // What was opened is noted before the share is handed out.
      if (button.dataset.save === 'note') {
        all('[data-save=share]').forEach((other) => (other.disabled = false));
      }
    }),
  );
  byId('language').addEventListener('click', () => {
    const { lang } = document.documentElement;
    document.documentElement.lang = lang === 'en' ? 'zh-CN' : 'en';
  });
}
