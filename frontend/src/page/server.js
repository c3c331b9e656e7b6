/** The other end of `client.js`: answers each message by the act it names. */
export function serve(acts) {
  self.onmessage = ({ data }) => {
    const { id } = data;
    try {
      const progress = (done, all) =>
        self.postMessage({ id, progress: Math.min(1, done / all) });
      self.postMessage({ id, answer: acts[data.act](data, progress) });
    } catch (error) {
      self.postMessage({ id, error: error.code || 'failed' });
    }
  };
}
