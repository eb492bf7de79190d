import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Writable } from 'node:stream';
import type { EventFrame } from '../../src/contracts/events.ts';
import { sseFrame } from '../../src/api/realtime/sse-frame.ts';
import { eventOf } from './event.ts';
import { toBareSchema } from './protocol.ts';

/** What nothing that serves streams can beat: a loop that writes the same bytes to as many connections. */

const ACCEPT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const following = new Map<number, { sse: Writable[]; sockets: Writable[] }>();

function join(execution: number, kind: 'sse' | 'sockets', line: Writable): void {
  const both = following.get(execution) ?? { sse: [], sockets: [] };
  following.set(execution, both);
  both[kind].push(line);
  line.on('error', () => undefined);
}

/** The bytes of a text message of 126 bytes to 64 KiB. */
function socketBytes(event: EventFrame): Buffer {
  const body = Buffer.from(
    JSON.stringify({ ...event, execution_id: event.id, execution_uuid: event.execution_id }),
  );
  return Buffer.concat([Buffer.from([0x81, 126, body.length >> 8, body.length & 255]), body]);
}

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('retry: 1000\n\n');
  join(Number(request.url?.split('/')[4]), 'sse', response);
});
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1')
    .update(key + ACCEPT)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.resume();
  join(Number(request.url?.split('=')[1]), 'sockets', socket);
});

async function write(executions: readonly number[], from: number, to: number): Promise<void> {
  for (const execution of executions) {
    const { sse, sockets } = following.get(execution) ?? { sse: [], sockets: [] };
    for (let seq = from; seq <= to; seq += 1) {
      const event = eventOf(execution, seq);
      const [sseBytes, bytes] = [sseFrame(event.type, event, seq), socketBytes(event)];
      for (const line of sse) line.write(sseBytes);
      for (const line of sockets) line.write(bytes);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

server.listen(Number(process.argv[2]), '127.0.0.1');
await once(server, 'listening');
process.on('message', (message) => {
  const { executions, from, to } = toBareSchema.parse(message);
  void write(executions, from, to);
});
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
process.send?.('ready');
