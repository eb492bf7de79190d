import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { z } from 'zod';
import { monotonicUs } from './clock.ts';
import type { BenchStack } from './stack/bench-stack.ts';
import { percentile } from './statistics.ts';

/** Milliseconds. */
export interface Lag {
  p50: number;
  p99: number;
  frames: number;
}

export interface StreamLag {
  readers: number;
  /** From the model's answer leaving to the frame `llm_call_completed` at a reader: the commit is in it. */
  fromReply: Lag;
  /** From the event's own timestamp (taken before its transaction, in whole milliseconds) to the frame. */
  fromTimestamp: Lag;
}

const TASKS = 10;
/** A model that takes a moment: events come one by one, as in life. */
const MODEL_MS = 25;
/** After its snapshot a reader is given so long to be caught up. */
const SETTLE_MS = 150;

const lagOf = (values: readonly number[]): Lag => ({
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
  frames: values.length,
});

/** Follows runs with so many readers and times every model call's event. */
export async function measureStreamLag(stack: BenchStack, readers: number, runs: number): Promise<StreamLag> {
  const { model, ours } = stack;
  const fromReply: number[] = [];
  const fromTimestamp: number[] = [];
  await model.delay(MODEL_MS);
  try {
    for (let count = 0; count < runs; count += 1) {
      await model.hold();
      const { run, executionId } = await ours.start(TASKS);
      const open = await Promise.all(Array.from({ length: readers }, () => follow(stack, executionId)));
      await sleep(SETTLE_MS);
      await model.release();
      await ours.ended(executionId);
      await Promise.all(open.map((reader) => reader.ended));
      const repliedUs = (await model.settle()).get(run)?.repliedUs ?? [];
      for (const { frames } of open) {
        if (frames.length !== TASKS) throw new Error(`a reader got ${frames.length} of ${TASKS} frames`);
        frames.forEach((frame, index) => {
          fromReply.push((frame.atUs - (repliedUs[index] ?? Number.NaN)) / 1000);
          fromTimestamp.push(frame.sinceTimestampMs);
        });
      }
    }
  } finally {
    await model.release();
    await model.delay(0);
  }
  return { readers, fromReply: lagOf(fromReply), fromTimestamp: lagOf(fromTimestamp) };
}

interface Reader {
  frames: { atUs: number; sinceTimestampMs: number }[];
  ended: Promise<void>;
}

const eventData = z.object({ timestamp: z.iso.datetime() });

/** Opens a stream. Resolves once its snapshot has come. */
function follow({ api }: BenchStack, executionId: string): Promise<Reader> {
  return new Promise((resolve, reject) => {
    const request = get(
      `${api.url}/api/v1/executions/${executionId}/stream`,
      { agent: false, headers: { authorization: `Bearer ${api.token}`, accept: 'text/event-stream' } },
      (response) => {
        if (response.statusCode !== 200) reject(new Error(`the stream answered ${response.statusCode}`));
        else listen(response, resolve, reject);
      },
    );
    request.once('error', reject);
  });
}

function listen(
  response: IncomingMessage,
  opened: (reader: Reader) => void,
  failed: (error: Error) => void,
): void {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const reader: Reader = { frames: [], ended };
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (part: string) => {
    const atUs = monotonicUs();
    const atMs = Date.now();
    const blocks = (rest + part).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.includes('event: snapshot\n')) opened(reader);
      if (!block.includes('event: llm_call_completed\n')) continue;
      const { timestamp } = eventData.parse(JSON.parse(block.slice(block.indexOf('data: ') + 6)));
      reader.frames.push({ atUs, sinceTimestampMs: atMs - Date.parse(timestamp) });
    }
  });
  response.once('end', () => end());
  response.once('error', failed);
}

/** The floor of it: NOTIFY on one connection → heard on another. */
export async function measureNotify(databaseUrl: string, rounds: number): Promise<Lag> {
  const [speaker, listener] = [1, 2].map(() => new Client({ connectionString: databaseUrl }));
  if (speaker === undefined || listener === undefined) throw new Error('two connections are wanted');
  await speaker.connect();
  await listener.connect();
  try {
    await listener.query('listen bench_floor');
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const heard = new Promise<number>((resolve) => {
        listener.once('notification', () => resolve(performance.now()));
      });
      const begun = performance.now();
      await speaker.query('notify bench_floor');
      times.push((await heard) - begun);
      await sleep(2);
    }
    return lagOf(times);
  } finally {
    await speaker.end();
    await listener.end();
  }
}
