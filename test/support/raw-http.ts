import { connect } from 'node:net';

/** What came back over one connection. */
export interface RawAnswers {
  /** Status of each answer, in order. */
  statuses: number[];
  /** Everything received, as latin1 text. */
  text: string;
  /** How the connection ended: by the server, or because nothing came for `idleMs`. */
  ended: 'closed' | 'idle' | 'reset';
}

/**
 * Writes bytes to an HTTP server as they are and reads what comes back until the server closes the connection,
 * or nothing has come for `idleMs` after the last byte.
 * @param options.patienceMs after so long a silence the server is told that no more bytes will come: at once it
 * would take us for gone, and never it would wait for the rest of a body that was cut
 */
export function sendRaw(
  url: string,
  bytes: Buffer | string | readonly (Buffer | string)[],
  options: { idleMs?: number; patienceMs?: number } = {},
): Promise<RawAnswers> {
  const { idleMs = 4_000, patienceMs = 600 } = options;
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    let text = '';
    let timer: NodeJS.Timeout | undefined;
    let farewell: NodeJS.Timeout | undefined;
    const finish = (ended: RawAnswers['ended']): void => {
      clearTimeout(timer);
      clearTimeout(farewell);
      socket.destroy();
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
      resolve({ statuses, text, ended });
    };
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => finish('idle'), idleMs);
    };
    wait();
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      wait();
    });
    socket.on('end', () => finish('closed'));
    // A server that refuses may cut a sender off in mid-word.
    socket.on('error', () => finish('reset'));
    const parts = typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [bytes] : bytes;
    socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))), () => {
      farewell = setTimeout(() => socket.end(), patienceMs);
    });
  });
}
