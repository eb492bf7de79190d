import { describe, expect, it } from '@jest/globals';
import { streamEntries, type OpenStream } from '../../src/client/stream-events.ts';

/** What `muster/client` makes of the seqs of a stream, without a server: each connection sends what the test says. */

const frame = (seq: number): string => `id: ${seq}\nevent: message_created\ndata: {"seq":${seq}}\n\n`;

/** Connections that send these seqs and end, the last with 204; tells after which seq each began. */
function connections(...each: number[][]): { open: OpenStream; began: string[] } {
  const began: string[] = [];
  return {
    began,
    open: ({ headers }) => {
      began.push(headers['last-event-id'] ?? '');
      const seqs = each.shift();
      return Promise.resolve(
        seqs === undefined
          ? new Response(null, { status: 204 })
          : new Response(seqs.map(frame).join(''), { headers: { 'content-type': 'text/event-stream' } }),
      );
    },
  };
}

async function collect(open: OpenStream, isWhole: boolean): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { seq } of streamEntries<{ seq: number }>(open, { isWhole }, {})) seqs.push(seq);
  return seqs;
}

describe('the seqs of a stream', () => {
  it('may have gaps where only some entries of a log are sent, and none is asked for twice', async () => {
    const { open, began } = connections([2, 5, 6], [6, 9]);
    expect(await collect(open, false)).toEqual([2, 5, 6, 9]);
    expect(began).toEqual(['0', '6', '9']);
  });

  it('tell of a loss where the whole log is sent: what is missing is asked for again', async () => {
    const { open, began } = connections([1, 2, 4], [3, 4, 5]);
    expect(await collect(open, true)).toEqual([1, 2, 3, 4, 5]);
    expect(began).toEqual(['0', '2', '5']);
  });
});
