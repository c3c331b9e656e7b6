/**
 * The owner's pages, where JavaScript is there: keeps the letter's token in the address
 * from page to page, and lets the browser encrypt. Every word is in the page; everything
 * done here only shows, hides and fills in. Without it the server's pages work alone.
 */
import { able as isAble, all, byId, show, startWorker } from './page/client.js';

(function () {
  const submitNow = (form) => HTMLFormElement.prototype.submit.call(form);
  const disable = (form, off) =>
    all('button', form).forEach((button) => {
      button.disabled = off;
    });

  const page = document.body.dataset.vote;
  if (page === undefined) return;
  if (page === 'done') {
    history.replaceState(null, '', location.pathname + location.search);
    return;
  }
  const token = /^#[\w-]{22}$/.test(location.hash) ? location.hash.slice(1) : '';
  const able = isAble();

  // A link within the page would replace the token in the address: go there without it.
  all('a[href^="#"]').forEach((link) =>
    link.addEventListener('click', (event) => {
      const target = byId(link.getAttribute('href').slice(1));
      event.preventDefault();
      if (target) {
        target.scrollIntoView();
        target.focus();
      }
    }),
  );
  if (token) {
    all('a[href]:not([href^="#"]), form').forEach((element) => {
      const name = element.tagName === 'A' ? 'href' : 'action';
      const url = new URL(element.getAttribute(name) || '', location.href);
      if (url.origin === location.origin && /^\/(q|vote|i18n)\//.test(url.pathname)) {
        url.hash = token;
        element.setAttribute(name, url.href);
      }
    });
  }
  document.addEventListener('submit', (event) => {
    // After the submit is taken, or the pressed button's own value would be missing.
    if (!event.defaultPrevented) setTimeout(() => disable(event.target, true), 0);
  });
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });

  const start = byId('start');
  if (start) signIn();
  const factsBlock = byId('ballot-facts');
  if (factsBlock) motions(JSON.parse(factsBlock.textContent));

  /**
   * The landing page: answers the server's challenge with the letter's key. Where the address
   * holds another secret than the letter's, that is said before anything is sent: to go on
   * replaces the letter's key, and nobody should find that out from the receipt.
   */
  function signIn() {
    let warned = false;
    const warn = () => {
      warned = true;
      show(byId('bad-token'), true);
      show(byId('start-label'), false);
      show(byId('by-code-label'), true);
      byId('bad-token').focus();
    };
    if (location.hash.length > 1 && !token) warn();
    if (!able || !token) return;
    const { bundle, suite, session, key } = start.dataset;
    const challenge = start.elements.challenge.value;
    const late = new Promise((resolve) => setTimeout(resolve, 20000));
    const signed = startWorker(bundle)({ act: 'login', suite, session, challenge, token }).then(
      (answer) => {
        // No key in the page: the letter's is not the valid one any more.
        if (key && key !== answer.letter_key) return warn();
        start.elements.login.value = answer.login;
        start.elements.letter_key.value = answer.letter_key;
      },
      () => 0,
    );
    start.addEventListener('submit', (event) => {
      event.preventDefault();
      const knowing = warned;
      disable(start, true);
      Promise.race([signed, late]).then(() => {
        if (warned && !knowing) disable(start, false);
        else submitNow(start);
      });
    });
  }

  /** The motions, one at a time; the answers stay in this page's memory. */
  function motions(facts) {
    if (!able) return;
    const asked = facts.manifest.motions;
    const fieldsets = all('#answers fieldset');
    const cast = byId('cast');
    const bar = byId('sealing');
    const choices = [];
    const ask = startWorker(facts.bundle);
    let sealing = 0;
    let changing = false;

    show(byId('server-path'), false);
    if (facts.mode === 'letter' && !token) return problem('token');
    ask({ act: 'open', facts, token }).then(() => {
      all('[data-next]').forEach((button, i) =>
        button.addEventListener('click', () => answer(i)),
      );
      all('#answers [data-back]').forEach((b) =>
        b.addEventListener('click', () => history.back()),
      );
      all('[data-change]').forEach((button) =>
        button.addEventListener('click', () => {
          changing = true;
          go(Number(button.dataset.change));
        }),
      );
      fieldsets.forEach(count);
      cast.addEventListener('submit', submit);
      byId('test').addEventListener('click', test);
      window.addEventListener('popstate', ({ state }) => {
        changing = false;
        turnTo(Math.min((state && state.step) || 0, choices.length));
      });
      history.replaceState({ step: 0 }, '');
      turnTo(0);
    }, problem);

    function problem(name) {
      show(byId('answers'), false);
      show(byId('review'), false);
      show(byId('server-path'), true);
      show(byId('problem'), true);
      all('[data-problem]').forEach((p) => show(p, p.dataset.problem === name));
      byId('problem').focus();
    }

    function go(step) {
      history.pushState({ step }, '');
      turnTo(step);
    }

    function turnTo(step) {
      const reviewing = step === asked.length;
      sealing++;
      show(byId('answers'), !reviewing);
      show(byId('review'), reviewing);
      fieldsets.forEach((fieldset, i) => show(fieldset, i === step));
      const heading = (reviewing ? byId('review') : fieldsets[step]).querySelector('h1');
      window.scrollTo(0, 0);
      if (heading) heading.focus();
      if (reviewing) review();
    }

    /** In words, beside the candidates: how many more may be chosen. */
    function count(fieldset) {
      const counter = fieldset.querySelector('[data-counter]');
      if (!counter) return;
      const most = Number(counter.dataset.counter);
      const tell = () => {
        const ticked = all('input', fieldset).filter((o) => o.checked && /^\d+$/.test(o.value));
        const left = ticked.length > most ? 'over' : String(most - ticked.length);
        all('[data-left]', counter).forEach((span) => show(span, span.dataset.left === left));
      };
      show(counter, true);
      fieldset.addEventListener('change', tell);
      tell();
    }

    function answer(i) {
      const picked = all('input', fieldsets[i]).filter((input) => input.checked);
      const options = picked.filter((input) => /^\d+$/.test(input.value));
      const aside = !options.length; // takes part in choosing nobody, or does not take part
      const { min, max } = asked[i];
      let error = '';
      if (!picked.length) error = 'missing';
      else if (options.length < picked.length && picked.length > 1) error = 'mixed';
      else if (!aside && options.length < min) error = 'missing';
      else if (options.length > max) error = 'many';
      all('[data-error]', fieldsets[i]).forEach((p) => show(p, p.dataset.error === error));
      if (error) return;
      choices[i] = picked[0].value === 'none' ? null : options.map((o) => Number(o.value));
      const shown = byId('review').querySelector('[data-review="' + i + '"] [data-answer]');
      shown.textContent = '';
      picked.forEach((input) => {
        shown.appendChild(document.createElement('div')).textContent = input.dataset.label;
      });
      go(changing ? asked.length : i + 1);
      changing = false;
    }

    function ready(on) {
      cast.querySelector('[type=submit]').disabled = byId('test').disabled = !on;
      show(byId('sealing-note'), !on);
      show(byId('sealed-note'), on);
    }

    function review() {
      const turn = sealing;
      const empty = choices.every((choice) => choice === null);
      show(byId('review').querySelector('[data-error]'), empty);
      ready(false);
      bar.value = 0;
      byId('tracker').textContent = '';
      show(byId('sealing-note'), !empty);
      if (empty) return;
      ask({ act: 'seal', choices }, (part) => {
        bar.value = part;
      }).then((sealed) => {
        if (turn !== sealing) return;
        byId('tracker').textContent = sealed.tracker;
        ready(true);
      }, problem);
    }

    function submit(event) {
      event.preventDefault();
      disable(cast, true);
      ask({ act: 'cast' }).then((signed) => {
        cast.elements.ballot.value = signed.ballot;
        submitNow(cast);
      }, problem);
    }

    function test() {
      ask({ act: 'test' }).then((opened) => {
        byId('test-output').value = opened.test;
        show(byId('tested'), true);
        review();
      }, problem);
    }
  }
})();
