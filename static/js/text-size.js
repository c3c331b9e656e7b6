/**
 * The size of letters without leaving the page: on the page of motions a reload would
 * forget the answers, which live nowhere else.
 */
(function () {
  'use strict';
  const form = document.querySelector('form[data-switch="text"]');
  if (!form || !window.fetch || !window.URLSearchParams) return;
  const button = form.querySelector('button');
  const steps = ['18', '24', '30'];
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const size = button.value;
    const body = new URLSearchParams();
    form.querySelectorAll('input').forEach((input) => body.set(input.name, input.value));
    body.set('size', size);
    fetch(form.action, { method: 'POST', body, credentials: 'same-origin', redirect: 'manual' }).catch(() => 0);
    document.documentElement.className = 'text-' + size;
    button.value = steps[(steps.indexOf(size) + 1) % steps.length];
    button.textContent = size === '30' ? form.dataset.standard : form.dataset.bigger;
  });
})();
