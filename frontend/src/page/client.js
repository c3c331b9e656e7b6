/** A worker as a function from a message to a promise of its answer. */
export function startWorker(url) {
  const worker = new Worker(url);
  const waiting = {};
  let last = 0;
  const settle = (id, method, value) => {
    if (waiting[id]) waiting[id][method](value);
    delete waiting[id];
  };
  worker.onmessage = ({ data }) => {
    if (data.progress !== undefined) waiting[data.id].progress(data.progress);
    else if (data.error) settle(data.id, 'reject', data.error);
    else settle(data.id, 'resolve', data.answer);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    Object.keys(waiting).forEach((id) => settle(id, 'reject', 'failed'));
  };
  return (message, progress) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting[id] = { resolve, reject, progress: progress || (() => 0) };
      worker.postMessage(Object.assign({ id }, message));
    });
}

/** True where the browser can encrypt and check by itself. Asked, never guessed from its name. */
export const able = () =>
  !!(window.BigInt && window.crypto && crypto.getRandomValues && window.Worker);

export const byId = (id) => document.getElementById(id);

export const all = (selector, within) =>
  Array.from((within || document).querySelectorAll(selector));

export function show(element, on) {
  if (element) element.hidden = !on;
}
