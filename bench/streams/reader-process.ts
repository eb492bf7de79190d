import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { percentile } from '../statistics.ts';
import { toReadersSchema, type FromReaders, type ToReaders } from './protocol.ts';

/**
 * Thousands of readers in one process, as cheap as they can be: the text is searched for seqs, and each must be the
 * next one. On a WebSocket too, since what a server sends is not masked.
 */

const CONNECTING_AT_ONCE = 40;
const PONG_MS = 10_000;
/** Of so many events one is timed. */
const TIMED = 7;
/** A pong nobody asked for, masked with zeros. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

const readers: Reader[] = [];
let wrong = 0;
let frames = 0;
let lags: number[] = [];
let awaited: { seq: number; missing: number } | undefined;

const tell = (message: FromReaders): void => void process.send?.(message);

class Reader {
  seq = 0;
  readonly socket: Socket;
  private rest = '';

  constructor(socket: Socket) {
    this.socket = socket;
  }

  take(chunk: Buffer): void {
    const text = this.rest + chunk.toString('latin1');
    let from = 0;
    for (;;) {
      const at = text.indexOf('"seq":', from);
      const end = at === -1 ? -1 : text.indexOf('}', at);
      if (end === -1) {
        this.rest = text.slice(at === -1 ? Math.max(from, text.length - 5) : at);
        return;
      }
      this.event(text, at);
      from = end;
    }
  }

  private event(text: string, at: number): void {
    const seq = Number.parseInt(text.slice(at + 6, at + 16), 10);
    if (seq !== this.seq + 1) wrong += 1;
    this.seq = seq;
    frames += 1;
    if (frames % TIMED === 0) {
      const stamp = text.indexOf('"timestamp":"', at) + 13;
      lags.push(Date.now() - Date.parse(text.slice(stamp, stamp + 24)));
    }
    if (awaited !== undefined && seq === awaited.seq && (awaited.missing -= 1) === 0) reached();
  }
}

function reached(): void {
  awaited = undefined;
  const lagMs = {
    p50: percentile(lags, 0.5),
    p99: percentile(lags, 0.99),
    most: lags.reduce((one, other) => Math.max(one, other), 0),
  };
  tell({ kind: 'reached', atMs: Date.now(), frames, wrong, lagMs });
  frames = 0;
  lags = [];
}

/** A client's message, masked with zeros. Up to 125 bytes. */
function masked(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]);
}

type Opening = Extract<ToReaders, { kind: 'open' }>;

/** One reader. Resolves once it has been let in. */
function open({ port, token }: Opening, execution: number, isSocket: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const reader = new Reader(socket);
    readers.push(reader);
    const path = isSocket ? `/ws/?execution=${execution}` : `/api/v1/executions/${execution}/stream`;
    const upgrade = isSocket
      ? `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n`
      : '';
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n${upgrade}\r\n`,
    );
    socket.once('data', (chunk) => {
      const status = chunk.toString('latin1', 9, 12);
      if (status !== (isSocket ? '101' : '200')) {
        reject(new Error(`a reader was answered ${status}`));
        return;
      }
      if (isSocket)
        socket.write(masked(JSON.stringify({ type: 'subscribe_execution', execution_id: execution })));
      resolve();
      reader.take(chunk);
      socket.on('data', (next) => reader.take(next));
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (!isClosing) wrong += 1;
    });
    if (isSocket) setInterval(() => socket.write(PONG), PONG_MS).unref();
  });
}

let isClosing = false;

async function openAll(opening: Opening): Promise<void> {
  const { executions, sse, sockets } = opening;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < sse + sockets) {
      const index = next;
      next += 1;
      await open(opening, executions[index % executions.length] ?? 0, index >= sse);
    }
  };
  await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, worker));
}

process.on('message', (message) => {
  const asked = toReadersSchema.parse(message);
  if (asked.kind === 'open') {
    openAll(asked).then(
      () => tell({ kind: 'opened' }),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  } else if (asked.kind === 'await') {
    const missing = readers.filter(({ seq }) => seq < asked.seq).length;
    awaited = { seq: asked.seq, missing };
    if (missing === 0) reached();
  } else {
    isClosing = true;
    for (const { socket } of readers.splice(0)) socket.destroy();
    wrong = 0;
    isClosing = false;
    tell({ kind: 'closed' });
  }
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
