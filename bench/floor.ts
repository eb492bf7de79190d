import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { median, percentile } from './statistics.ts';
import type { BenchStack } from './stack/bench-stack.ts';

const ROUNDS = 15;
const BLOCK = Buffer.alloc(8_192, 7);

/** What the machine gives at its best at that moment, in milliseconds: medians of a few rounds. */
export interface FloorFigures {
  /** Write 8 KiB to a file and have it on the disk. */
  fsync: number;
  /** One INSERT with its COMMIT on one connection. */
  commit: number;
  /** `getSystemInfo` of the Temporal server. */
  grpc: number;
}

/** Probes the machine between the slices: when it changes, the floor shows it. */
export interface Floor {
  probe(): Promise<void>;
  /** Median, 10th and 90th percentile over all probes. */
  summary(): Record<keyof FloorFigures, { median: number; low: number; high: number }>;
  probes: FloorFigures[];
  close(): Promise<void>;
}

export async function createFloor(stack: BenchStack): Promise<Floor> {
  const url = new URL(stack.databaseUrl);
  url.pathname = '/bench';
  // A database of its own: its commits are in nobody's counters.
  await stack.db.query('create database bench');
  const db = new Client({ connectionString: url.href });
  await db.connect();
  await db.query(
    'create table floor (id integer generated always as identity primary key, text text not null)',
  );
  const disk = await open(join(stack.dataDir, 'floor'), 'w');
  const probes: FloorFigures[] = [];
  return {
    probes,
    async probe() {
      probes.push({
        fsync: await timed(() => writeThrough(disk)),
        commit: await timed(() => db.query(`insert into floor (text) values ('one row')`)),
        grpc: await timed(() => stack.temporal.workflowService.getSystemInfo({})),
      });
    },
    summary() {
      const of = (pick: (figures: FloorFigures) => number) => {
        const values = probes.map(pick);
        return { median: median(values), low: percentile(values, 0.1), high: percentile(values, 0.9) };
      };
      return {
        fsync: of(({ fsync }) => fsync),
        commit: of(({ commit }) => commit),
        grpc: of(({ grpc }) => grpc),
      };
    },
    async close() {
      await db.end();
      await disk.close();
    },
  };
}

async function writeThrough(disk: FileHandle): Promise<void> {
  await disk.write(BLOCK, 0, BLOCK.length, 0);
  await disk.datasync();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return median(times);
}
