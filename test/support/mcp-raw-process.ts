import { createInterface } from 'node:readline';
import { z } from 'zod';

/** An MCP server that writes its JSON by hand, for what no SDK would write: it says what it was sent, digit by digit. */

const request = z.looseObject({
  id: z.number().optional(),
  method: z.string(),
  params: z.looseObject({ name: z.string().optional(), protocolVersion: z.string().optional() }).optional(),
});
const answer = (id: number, result: string): void =>
  void process.stdout.write(`{"jsonrpc":"2.0","id":${id},"result":${result}}\n`);
const BIG = '1234567890123456789';
const RESULTS: Record<string, string> = {
  structured: `{"content":[],"structuredContent":{"id":${BIG}}}`,
  both: `{"content":[{"type":"text","text":"{\\"id\\":${BIG}}"}],"structuredContent":{"id":${BIG}}}`,
  floats: '{"content":[],"structuredContent":{"a":6.02e23,"b":0.1,"c":9007199254740991}}',
};
const tools = ['said', ...Object.keys(RESULTS)].map(
  (name) => `{"name":"${name}","inputSchema":{"type":"object","properties":{"id":{"type":"integer"}}}}`,
);

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = request.parse(JSON.parse(line));
  if (id === undefined) return;
  if (method === 'initialize')
    answer(
      id,
      `{"protocolVersion":"${params?.protocolVersion ?? ''}","capabilities":{"tools":{}},"serverInfo":{"name":"raw","version":"1"}}`,
    );
  else if (method === 'tools/list') answer(id, `{"tools":[${tools.join()}]}`);
  else if (method === 'tools/call') {
    const said = /"arguments":(\{.*?\}),"_meta"/.exec(line)?.[1] ?? line;
    answer(id, RESULTS[params?.name ?? ''] ?? `{"content":[{"type":"text","text":${JSON.stringify(said)}}]}`);
  } else answer(id, '{}');
});
