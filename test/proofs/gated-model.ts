import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { sendReply, type Reply } from '../support/scripted-replies.ts';

/** A call that waits for the proof to say what is answered. */
export interface GatedCall {
  /** What stands between `[[` and `]]` in the conversation: the proof's name for run and task. */
  mark: string;
  streams: boolean;
  /** The whole request, as text. */
  body: string;
  response: ServerResponse;
  answer: (reply: Reply) => Promise<void>;
}

/** A chat-completions server whose calls stay open until they are answered, or their caller goes away. */
export interface GatedModel {
  url: string;
  /** Calls that are open, by mark; two for one mark at once is what no proof wants. */
  open: Map<string, GatedCall[]>;
  close(): Promise<void>;
}

const MARK = /\[\[([^\]]+)\]\]/;

/** @param arrives is told of every call; it may answer at once */
export async function startGatedModel(
  arrives: (call: GatedCall) => void = () => undefined,
): Promise<GatedModel> {
  const open = new Map<string, GatedCall[]>();
  let requestNumber = 0;
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      requestNumber += 1;
      const number = requestNumber;
      const mark = MARK.exec(body)?.[1] ?? 'unmarked';
      const streams = /"stream":\s*true/.test(body);
      const leave = (): void => {
        const left = (open.get(mark) ?? []).filter((other) => other !== call);
        if (left.length === 0) open.delete(mark);
        else open.set(mark, left);
      };
      const call: GatedCall = {
        mark,
        streams,
        body,
        response,
        answer: (reply) => {
          leave();
          return sendReply(reply, response, { stream: streams, model: 'gated', requestNumber: number });
        },
      };
      open.set(mark, [...(open.get(mark) ?? []), call]);
      response.once('close', leave);
      arrives(call);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the model has no port');
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    open,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
