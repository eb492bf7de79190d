import { createServer, type Server } from 'node:net';

/** Listens on every address of this machine and counts who connects: nobody must. */
export interface Canary {
  port: number;
  /** Connections so far. */
  connections: number;
  close(): Promise<void>;
}

export async function startCanary(): Promise<Canary> {
  const server: Server = createServer((socket) => {
    canary.connections += 1;
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\ncanary');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '::', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the canary has no port');
  const canary: Canary = {
    port: address.port,
    connections: 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return canary;
}
