/** Files in and out of the page: picked, unpacked, saved. */
import { fromUtf8 } from '../protocol/bytes.js';
import { Stop } from './acts.js';

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const MOST = 1024 * 1024 * 1024; // bytes of one unpacked file

export function readFile(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(new Uint8Array(reader.result));
    reader.onerror = () => reject(new Stop('unreadable'));
    reader.readAsArrayBuffer(file);
  });
}

/** The files of an export by name: one .zip of it, or all its files picked together. */
export function readExport(files) {
  if (files.length === 1 && /\.zip$/i.test(files[0].name)) {
    return readFile(files[0]).then(unzip);
  }
  return Promise.all(files.map(readFile)).then((contents) => {
    const named = {};
    files.forEach((file, i) => (named[file.name] = contents[i]));
    return named;
  });
}

/** Every file of an archive (PKWARE APPNOTE 4.3), stored or deflated, by name without folder. */
export function unzip(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) return Promise.reject(new Stop('zip'));
  const parts = [];
  try {
    let at = view.getUint32(end + 16, true);
    for (let n = view.getUint16(end + 10, true); n > 0; n--) {
      if (view.getUint32(at, true) !== ENTRY) throw new Stop('zip');
      const method = view.getUint16(at + 10, true);
      const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
      const length = view.getUint16(at + 28, true);
      const name = fromUtf8(bytes.subarray(at + 46, at + 46 + length));
      const local = view.getUint32(at + 42, true);
      const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      if (size > MOST) throw new Stop('zip');
      const short = name.slice(name.lastIndexOf('/') + 1);
      if (parts.some((part) => part.name === short)) throw new Stop('zip');
      if (short) parts.push({ name: short, method, size, data: bytes.subarray(from, from + packed) });
      at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    }
  } catch (_) {
    return Promise.reject(new Stop('zip'));
  }
  return Promise.all(parts.map(unpack)).then((contents) => {
    const named = {};
    parts.forEach(({ name, size }, i) => {
      if (contents[i].length !== size) throw new Stop('zip');
      named[name] = contents[i];
    });
    return named;
  });
}

function unpack({ method, data }) {
  if (method === 0) return Promise.resolve(data);
  if (method !== 8) return Promise.reject(new Stop('zip'));
  if (typeof DecompressionStream === 'undefined') return Promise.reject(new Stop('zip.old'));
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).arrayBuffer().then(
    (buffer) => new Uint8Array(buffer),
    () => {
      throw new Stop('zip');
    },
  );
}

export function saveFile(bytes, name) {
  const link = document.createElement('a');
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/json' }));
  link.href = url;
  link.download = name;
  document.body.appendChild(link);
  link.click();
  document.body.removeChild(link);
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
