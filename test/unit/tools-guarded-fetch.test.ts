import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createGuardedFetch, EgressRefused, type GuardedRequest } from '../../src/tools/guarded-fetch.ts';
import { mayReach } from '../../src/tools/public-address.ts';

/** A server on loopback: what must not be reached, and, where private addresses are allowed, what answers. */
let canary: Server;
let port: number;
let reached: IncomingMessage[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
  response.end('canary');
};

beforeAll(async () => {
  canary = createServer((request, response) => {
    reached.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  const address = canary.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  ({ port } = address);
});
afterEach(() => {
  reached = [];
  answer = (_request, response) => void response.end('canary');
});
afterAll(async () => {
  canary.closeAllConnections();
  await new Promise((resolve) => canary.close(resolve));
});

const guarded = createGuardedFetch({ allowPrivate: false });
const open = createGuardedFetch({ allowPrivate: true });
const local = (path = '/'): string => `http://127.0.0.1:${port}${path}`;

describe('the guarded fetch', () => {
  it.each([
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT/',
    'http://localhost.:PORT/',
    'http://LOCALHOST:PORT/',
    'http://127.1:PORT/',
    'http://127.0.1:PORT/',
    'http://0:PORT/',
    'http://0.0.0.0:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f000001:PORT/',
    'http://0x7f.0x0.0x0.0x1:PORT/',
    'http://017700000001:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://127.000.000.001:PORT/',
    'http://①②⑦.⓪.⓪.①:PORT/',
    'http://127.0.0.1.:PORT/',
    'http://[::1]:PORT/',
    'http://[0:0:0:0:0:0:0:1]:PORT/',
    'http://[::]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[::127.0.0.1]:PORT/',
    'http://[64:ff9b::127.0.0.1]:PORT/',
    'http://[2002:7f00:1::]:PORT/',
    'http://%31%32%37.0.0.1:PORT/',
    'http:127.0.0.1:PORT/',
    'http:\\\\127.0.0.1:PORT\\',
    ' http://127.0.0.1:PORT/',
  ])('does not reach this machine as %s', async (spelling) => {
    await expect(guarded(spelling.replace('PORT', String(port)))).rejects.toThrow(EgressRefused);
    expect(reached).toEqual([]);
  });

  it.each([
    'http://10.0.0.1/',
    'http://172.16.5.4/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://100.100.100.200/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://198.18.0.1/',
    'http://240.0.0.1/',
    'http://192.0.2.1/',
    'http://[2001:db8::1]/',
    'http://[fec0::1]/',
    'http://[4000::1]/',
  ])('does not try %s', async (url) => {
    await expect(guarded(url, { timeoutMs: 500 })).rejects.toThrow(/is not a public address/);
  });

  it.each([
    'file:///etc/passwd',
    'ftp://example.com/',
    'gopher://example.com/',
    'data:text/plain,x',
    'nonsense',
    '',
  ])('does not know %s', async (url) => {
    await expect(guarded(url)).rejects.toThrow(EgressRefused);
  });

  it('takes no credentials out of a URL', async () => {
    await expect(open(`http://user:secret@127.0.0.1:${port}/`)).rejects.toThrow(/credentials/);
    expect(reached).toEqual([]);
  });

  it('refuses a name of which a single address is private', async () => {
    const mixed = createGuardedFetch({
      allowPrivate: false,
      resolve: async () => [
        { address: '93.184.215.14', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
    });
    await expect(mixed(`http://two.example:${port}/`)).rejects.toThrow(/two.example is not a public address/);
    expect(reached).toEqual([]);
  });

  it('asks for a name once and connects to what was answered then, whatever DNS says later', async () => {
    let asked = 0;
    const rebinding = createGuardedFetch({
      allowPrivate: true,
      resolve: async () => {
        asked += 1;
        return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.9', family: 4 }];
      },
    });
    const response = await rebinding(`http://no-such-name.invalid:${port}/`);
    expect([response.status, response.body.toString(), asked]).toEqual([200, 'canary', 1]);
    expect(reached[0]?.headers.host).toBe(`no-such-name.invalid:${port}`);
  });

  it('checks every redirect again', async () => {
    answer = (request, response) => {
      const to = request.url === '/first' ? `http://169.254.169.254:${port}/` : local();
      response.writeHead(302, { location: to }).end();
    };
    await expect(open(local('/first'))).rejects.toThrow(/169.254.169.254 is not a public address/);
    answer = (_request, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    await expect(open(local())).rejects.toThrow(/only http and https/);
    answer = (_request, response) => void response.writeHead(302, { location: '/again' }).end();
    await expect(open(local())).rejects.toThrow(/more than 5 redirects/);
    expect((await open(local(), { maxRedirects: 0 })).status).toBe(302);
  });

  it('makes a GET of a POST that is sent elsewhere, and tells the next server no secrets, whatever their header is called', async () => {
    answer = (request, response) => {
      if (request.url === '/end') response.end('end');
      else
        response
          .writeHead(request.url === '/303' ? 303 : 307, { location: `http://localhost:${port}/end` })
          .end();
    };
    const post: GuardedRequest = {
      method: 'POST',
      body: '{}',
      headers: {
        Authorization: 'Bearer x',
        'Content-Type': 'application/json',
        'X-Other': 'y',
        Host: 'evil',
      },
    };
    expect((await open(local('/303'), post)).url).toBe(`http://localhost:${port}/end`);
    await open(local('/307'), post);
    const seen = reached.map(({ method, headers }) => ({
      method,
      authorization: headers.authorization,
      type: headers['content-type'],
      other: headers['x-other'],
      host: headers.host,
    }));
    const first = {
      method: 'POST',
      authorization: 'Bearer x',
      type: 'application/json',
      other: 'y',
      host: `127.0.0.1:${port}`,
    };
    const next = { authorization: undefined, other: undefined, host: `localhost:${port}` };
    expect(seen).toEqual([
      first,
      { ...next, method: 'GET', type: undefined },
      first,
      { ...next, method: 'POST', type: 'application/json' },
    ]);
  });

  it('takes no answer that is too large, or too slow, and stops when it is told to', async () => {
    answer = (_request, response) => void response.end('x'.repeat(2_000));
    await expect(open(local(), { maxBytes: 1_000 })).rejects.toThrow(/larger than 1000 bytes/);
    answer = (_request, response) => void response.write('x');
    await expect(open(local(), { timeoutMs: 200 })).rejects.toThrow(/no answer in time/);
    const abort = new AbortController();
    const reason = new Error('cancelled');
    setTimeout(() => abort.abort(reason), 50);
    await expect(open(local(), { signal: abort.signal })).rejects.toBe(reason);
  });

  it('gives up on a name that is never resolved', async () => {
    const silent = createGuardedFetch({ allowPrivate: true, resolve: () => new Promise(() => undefined) });
    await expect(silent('http://slow.example/', { timeoutMs: 100 })).rejects.toThrow(/no answer in time/);
  });
});

describe('an address', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '93.184.215.14',
    '2001:4860:4860::8888',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
  ])('such as %s is public', (address) => expect(mayReach(address, false)).toBe(true));

  it('of one’s own network is reached where that is allowed, the clouds’ metadata nowhere', () => {
    for (const own of ['127.0.0.1', '10.1.2.3', '192.168.0.1', '::1', 'fd12::1', '::ffff:10.0.0.1'])
      expect([own, mayReach(own, true), mayReach(own, false)]).toEqual([own, true, false]);
    for (const never of [
      '169.254.169.254',
      'fe80::1',
      '0.0.0.0',
      '::',
      '224.0.0.1',
      '64:ff9b::a00:1',
      'words',
    ])
      expect([never, mayReach(never, true)]).toEqual([never, false]);
  });
});
