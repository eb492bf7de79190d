import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { monotonicUs } from '../clock.ts';
import { fakeModelCommand, type FakeModelAnswer, type RunMark } from '../stack/fake-model-protocol.ts';
import { REPLY, RUN_MARKER } from '../task-text.ts';

/**
 * A chat-completions server that answers at once, always the same, and keeps for each run when it was asked
 * and when it answered. Argument: its port. Commands come over IPC.
 */
const port = z.coerce.number().int().parse(process.argv[2]);
process.once('disconnect', () => process.exit(0));

const usage = { prompt_tokens: 40, completion_tokens: 12, total_tokens: 52 };
const common = { id: 'bench', created: 0, model: 'gpt-4o-mini' };
const plain = Buffer.from(
  JSON.stringify({
    ...common,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: REPLY }, finish_reason: 'stop' }],
    usage,
  }),
);
const chunk = (choices: unknown[], more: object = {}): string =>
  `data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', choices, ...more })}\n\n`;
const streamed = Buffer.from(
  chunk([{ index: 0, delta: { role: 'assistant', content: REPLY }, finish_reason: null }]) +
    chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]) +
    chunk([], { usage }) +
    'data: [DONE]\n\n',
);

let marks = new Map<string, RunMark>();
let delayMs = 0;
let held: (() => void)[] | null = null;

function reply(response: ServerResponse, mark: RunMark, streams: boolean): void {
  const [type, body] = streams ? ['text/event-stream', streamed] : ['application/json', plain];
  const send = (): void => {
    mark.repliedUs.push(monotonicUs());
    response.writeHead(200, { 'content-type': type, 'content-length': body.length }).end(body);
  };
  const later = (): void => void (delayMs === 0 ? send() : setTimeout(send, delayMs));
  if (held === null) later();
  else held.push(later);
}

const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  const askedUs = monotonicUs();
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (part: string) => (body += part));
  request.on('end', () => {
    const run = RUN_MARKER.exec(body)?.[0] ?? 'unnamed';
    const mark = marks.get(run) ?? { run, askedUs: [], repliedUs: [] };
    mark.askedUs.push(askedUs);
    marks.set(run, mark);
    reply(response, mark, /"stream":\s*true/.test(body));
  });
});

process.on('message', (message: unknown) => {
  const command = fakeModelCommand.parse(message);
  let answer: FakeModelAnswer = { marks: [] };
  switch (command.kind) {
    case 'take':
      answer = { marks: [...marks.values()] };
      marks = new Map();
      break;
    case 'hold':
      held ??= [];
      break;
    case 'release': {
      const waiting = held ?? [];
      held = null;
      for (const go of waiting) go();
      break;
    }
    case 'delay':
      delayMs = command.ms;
      break;
  }
  process.send?.(answer);
});

server.listen(port, '127.0.0.1');
await once(server, 'listening');
process.send?.('ready');
