import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** An outside world that counts what tools did to it, by the name in the path. */
export interface EffectsServer {
  url: string;
  effects: Map<string, number>;
  close(): Promise<void>;
}

/** @param arrives is told of every effect; @returns milliseconds until it is answered */
export async function startEffectsServer(
  arrives: (name: string) => number = () => 0,
): Promise<EffectsServer> {
  const effects = new Map<string, number>();
  const server = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? '').slice(1));
    effects.set(name, (effects.get(name) ?? 0) + 1);
    void sleep(arrives(name)).then(() => response.end('noted'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the outside world has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    effects,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
