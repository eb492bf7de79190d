import { createServer, type RequestListener, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  describeReport,
  runMalformed,
  startServerProcess,
  type ServerProcess,
} from '../support/malformed-run.ts';

/** The short form of `npm run test:malformed`. */
const COUNT = 2_000;
const SEED = 4;
const MB = 1_048_576;

describe('requests as no decent client sends them', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServerProcess();
  });
  afterAll(() => server.close());

  it(`${COUNT} of them provoke no five-hundred, no crash and no hunger for memory`, async () => {
    const report = await runMalformed({ ...server, count: COUNT, seed: SEED });
    expect(report.failures).toEqual([]);
    // Who is cut off in the middle of eleven megabytes may not get to read why.
    expect({ ...report.unanswered, few: report.unanswered.count < COUNT / 100 }).toMatchObject({ few: true });
    for (const status of [200, 400, 401, 404, 405, 413, 415, 422, 431]) {
      expect([status, report.statuses.get(status) ?? 0]).toEqual([status, expect.any(Number)]);
      expect(report.statuses.get(status) ?? 0).toBeGreaterThan(0);
    }
    expect(server.isDead()).toBe(false);
    expect(server.rss.most).toBeLessThan(512 * MB);
    const after = await fetch(`${server.url}/api/v1/auth/me`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    expect(after.status).toBe(200);
  }, 180_000);
});

describe('the check itself', () => {
  const servers: Server[] = [];
  afterAll(() => servers.forEach((server) => server.close()));
  const reportOn = async (answer: RequestListener): Promise<string[]> => {
    const server = createServer((request, response) => {
      if (request.url !== '/openapi.json') return answer(request, response);
      response.end('{"paths":{"/x":{"get":{}}}}');
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const url = `http://127.0.0.1:${port}`;
    const report = await runMalformed({ url, token: 'x', count: 30, seed: 1 });
    expect(describeReport(report).join('\n')).toContain('FAILURE');
    return report.failures;
  };

  it('sees a five-hundred', async () => {
    const failures = await reportOn((_request, response) => response.writeHead(500).end('{}'));
    expect(failures.some((failure) => failure.includes('500'))).toBe(true);
  });

  it('sees an error that is not in the envelope', async () => {
    const failures = await reportOn((_request, response) => response.writeHead(404).end('{"error":"no"}'));
    expect(failures.some((failure) => failure.includes('not in the envelope'))).toBe(true);
  });
});
