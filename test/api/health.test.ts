import { request as httpRequest } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { errorEnvelopeSchema } from '../../src/api/errors.ts';
import { startTestApi } from '../support/test-api.ts';

describe('health', () => {
  it('is ok while Postgres and Temporal answer', async () => {
    const api = await startTestApi();
    const response = await fetch(`${api.url}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: 'ok',
      environment: 'DEVELOPMENT',
      database: { status: 'ok' },
      temporal: { status: 'ok' },
      models: { demo: true },
    });
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${api.url}/livez`)).status).toBe(200);
    expect(await (await fetch(api.url)).json()).toMatchObject({ name: 'Muster', links: { docs: '/docs' } });
    await api.close();
  });

  it('is degraded, but ready, while Temporal is away; not ready while draining', async () => {
    let draining = false;
    const other = await startTestApi({
      deps: {
        temporalHealth: async () => ({ status: 'unavailable', address: '127.0.0.1:1' }),
        isDraining: () => draining,
      },
    });
    try {
      expect((await fetch(`${other.url}/health`)).status).toBe(503);
      expect((await fetch(`${other.url}/readyz`)).status).toBe(200);
      draining = true;
      const response = await fetch(`${other.url}/readyz`);
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ status: 'not_ready', checks: { draining: true } });
    } finally {
      await other.close();
    }
  });

  it('is degraded while Postgres is away, the rest answers 503 with Retry-After, and all is well once it is back', async () => {
    const proxy = createProxy();
    const other = await startTestApi({ reachDatabase: (url) => proxy.start(new URL(url)) });
    const key = { 'x-api-key': other.admin.apiKey };
    try {
      expect((await fetch(`${other.url}/api/v1/auth/me`, { headers: key })).status).toBe(200);
      await proxy.stop();
      expect((await fetch(`${other.url}/livez`)).status).toBe(200);
      expect((await fetch(`${other.url}/health`)).status).toBe(503);
      expect(await (await fetch(`${other.url}/readyz`)).json()).toMatchObject({
        checks: { database: 'unavailable', migrations: 'unknown' },
      });
      const response = await fetch(`${other.url}/api/v1/auth/me`, { headers: key });
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(errorEnvelopeSchema.parse(await response.json()).error).toBe('SERVICE_UNAVAILABLE');
      await proxy.start();
      expect((await fetch(`${other.url}/api/v1/auth/me`, { headers: key })).status).toBe(200);
      expect((await fetch(`${other.url}/readyz`)).status).toBe(200);
    } finally {
      await proxy.stop();
      await other.close();
    }
  });
});

/** Stands between an API and Postgres, so that Postgres can go away without the other tests noticing. */
function createProxy(): { start(target?: URL): Promise<string>; stop(): Promise<void> } {
  const sockets = new Set<Socket>();
  let behind = new URL('postgres://127.0.0.1');
  let port = 0;
  const server = createTcpServer((near) => {
    const far = connect(Number(behind.port), behind.hostname);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
  });
  return {
    start: async (target) => {
      behind = target ?? behind;
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      port = address.port;
      const url = new URL(behind);
      url.port = String(port);
      return url.href;
    },
    stop: async () => {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

describe('without authentication', () => {
  it('only this machine is answered, as the local admin', async () => {
    const open = await startTestApi({ deps: { noAuth: true } });
    /** fetch does not let a caller choose the Host. */
    const statusWith = (headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const request = httpRequest(`${open.url}/api/v1/auth/me`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on('error', reject).end();
      });
    try {
      const me = await fetch(`${open.url}/api/v1/auth/me`);
      expect(await me.json()).toMatchObject({ email: 'admin@muster.local', role: 'admin' });
      expect(await statusWith({ host: 'localhost:8000' })).toBe(200);
      expect(await statusWith({ host: 'rebound.example.com' })).toBe(403);
      expect(await statusWith({ origin: 'https://evil.example.com' })).toBe(403);
      expect(await statusWith({ origin: 'null' })).toBe(403);
    } finally {
      await open.close();
    }
  });

  it('no page is answered but the API’s own and those of CORS_ORIGINS, were it of this machine on another port', async () => {
    const open = await startTestApi({
      deps: { noAuth: true },
      settings: { CORS_ORIGINS: 'http://localhost:5173' },
    });
    const { port } = new URL(open.url);
    const statusWith = async (headers: Record<string, string>, method = 'GET'): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const options = { headers: { host: `127.0.0.1:${port}`, ...headers }, method };
        const request = httpRequest(`${open.url}/api/v1/auth/me`, options, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on('error', reject).end();
      });
    try {
      for (const own of [
        { 'sec-fetch-site': 'same-origin' },
        { 'sec-fetch-site': 'none' },
        { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' },
        { origin: 'http://localhost:5173', 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      ])
        expect([own, await statusWith(own)]).toEqual([own, 200]);
      for (const strange of [
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
        { origin: 'http://localhost:3000' },
        { origin: `http://localhost:${port}`, 'sec-fetch-site': 'cross-site' },
        { host: `evil.example@127.0.0.1:${port}` },
      ])
        expect([strange, await statusWith(strange)]).toEqual([strange, 'host' in strange ? 400 : 403]);
      const opened = {
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      };
      expect(await statusWith(opened, 'POST')).toBe(403);
    } finally {
      await open.close();
    }
  });
});
