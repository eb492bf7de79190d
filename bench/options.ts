import { parseArgs } from 'node:util';
import { z } from 'zod';

/** How much of everything is measured. */
export interface Form {
  name: 'full' | 'quick' | 'smoke';
  warmUpSeconds: number;
  /** Blocks of four slices (ABBA): two pairs each. */
  sequentialBlocks: number;
  /** 10-task and 1-task runs in one slice. */
  runsPerSlice: number;
  throughputBlocks: number;
  throughputSeconds: number;
  firstTaskBlocks: number;
  /** 10-task runs followed for each number of readers. */
  streamRuns: number;
  readers: readonly number[];
  notifyRounds: number;
  /** 10-task and 1-task runs that are counted. */
  countedRuns: number;
  /** Graphs validated over HTTP. */
  validations: number;
  /** PostgreSQL hands its statistics over only after 10 s of quiet: counting reads as well costs that wait. */
  countsReads: boolean;
}

const FORMS: Record<Form['name'], Form> = {
  full: {
    name: 'full',
    warmUpSeconds: 3,
    sequentialBlocks: 12,
    runsPerSlice: 3,
    throughputBlocks: 4,
    throughputSeconds: 4,
    firstTaskBlocks: 50,
    streamRuns: 8,
    readers: [1, 50],
    notifyRounds: 300,
    countedRuns: 10,
    validations: 200,
    countsReads: true,
  },
  quick: {
    name: 'quick',
    warmUpSeconds: 1,
    sequentialBlocks: 3,
    runsPerSlice: 2,
    throughputBlocks: 1,
    throughputSeconds: 2,
    firstTaskBlocks: 8,
    streamRuns: 2,
    readers: [1, 50],
    notifyRounds: 50,
    countedRuns: 3,
    validations: 50,
    countsReads: false,
  },
  // For the test suite: every measure once, nothing that a number could be trusted for.
  smoke: {
    name: 'smoke',
    warmUpSeconds: 0,
    sequentialBlocks: 1,
    runsPerSlice: 1,
    throughputBlocks: 1,
    throughputSeconds: 1,
    firstTaskBlocks: 1,
    streamRuns: 1,
    readers: [1, 3],
    notifyRounds: 5,
    countedRuns: 2,
    validations: 2,
    countsReads: false,
  },
};

export interface BenchOptions {
  form: Form;
  crewai: boolean;
  seed: number;
  /** Where the report is written, null for nowhere. */
  out: string | null;
  /** Where the raw numbers are written as JSON, null for nowhere. */
  json: string | null;
}

export const USAGE = `npm run bench -- [options]
  --quick        about 40 s, printed only (the full form takes about 5 minutes and writes bench/RESULTS.md)
  --crewai       beside crewai 0.121.1 as well: needs Python 3.10 to 3.13, installs into the cache folder
  --seed <n>     of the resampling and the pauses (default 1)
  --out <file>   write the report there
  --json <file>  write every single figure there`;

const seedSchema = z.coerce.number().int().min(0).max(0xffffffff);

/** Reads the command line. @throws with a message for a person */
export function readOptions(args: readonly string[], defaultOut: string): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      crewai: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const form = values.smoke ? FORMS.smoke : values.quick ? FORMS.quick : FORMS.full;
  return {
    form,
    crewai: values.crewai,
    seed: seedSchema.parse(values.seed),
    // A short run must not overwrite the record of a long one.
    out: values.out ?? (form.name === 'full' ? defaultOut : null),
    json: values.json ?? null,
  };
}
