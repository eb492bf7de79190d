import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildConsole } from '../../src/embedded/console-build.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

/** The console as the API serves it; what it does in a browser is another matter. */

let api: TestApi;
beforeAll(async () => {
  await buildConsole();
  api = await startTestApi();
});
afterAll(() => api.close());

const page = (path: string): Promise<Response> => fetch(`${api.url}${path}`);

describe('the console', () => {
  it.each(['/console', '/console/', '/console/runs', '/console/runs/12', '/console/runs/12/tasks'])(
    'is one page at %s, which runs files of its own server only',
    async (path) => {
      const response = await page(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('text/html');
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("script-src 'self';");
      expect(policy).not.toContain('unsafe');
      const html = await response.text();
      expect(html).toContain('<div id="console">');
      expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    },
  );

  it('has every file that its page names, kept by browsers for good', async () => {
    const html = await (await page('/console')).text();
    const files = [...html.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(
      ([, path]) => path ?? '',
    );
    expect(files.length).toBeGreaterThan(1);
    for (const path of files) {
      const response = await page(path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('cache-control')).toContain('immutable');
      expect(response.headers.get('content-encoding')).toBe('gzip');
    }
  });

  it('gives nothing but its own files', async () => {
    for (const name of ['nothing.js', '..%2F.sources', '..%2Findex.html', '.sources'])
      expect([name, (await page(`/console/assets/${name}`)).status]).toEqual([name, 404]);
  });

  it('is sent uncompressed to whoever cannot unpack it', async () => {
    const encoding = await new Promise((resolve, reject) => {
      get(`${api.url}/console`, (response) => {
        response.resume();
        resolve(response.headers['content-encoding'] ?? 'none');
      }).on('error', reject);
    });
    expect(encoding).toBe('none');
  });

  it('is not built twice of the same sources', async () => {
    expect(await buildConsole()).toBe(false);
  });
});
