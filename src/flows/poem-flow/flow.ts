import { randomInt } from 'node:crypto';
import { defineFlow, StepFailure } from '../define-flow.ts';
import { request, result, state } from './schema.ts';

const LONGEST_BY_CHANCE = 5;

/** Picks a length, has a model write a poem of it, and keeps what it wrote. */
export const flow = defineFlow({
  summary: 'Writes a poem about how CrewAI is awesome',
  description: 'Three steps in a row: pick a length, have a model write, keep the poem.',
  request,
  state,
  result,
  example: {
    request: { sentence_count: 3 },
    result: { sentence_count: 3, poem: 'Your generated poem here...' },
  },
  begin: ({ sentence_count: wanted }) => ({ sentence_count: wanted ?? null, poem: '' }),
  steps: ({ start, listen }) => ({
    pick_sentence_count: start({
      run({ state: poem }) {
        poem.sentence_count ??= randomInt(1, LONGEST_BY_CHANCE + 1);
        return poem.sentence_count;
      },
    }),
    write_poem: listen('pick_sentence_count', {
      run: ({ state: { sentence_count: count }, model }) =>
        model({
          system: 'You write short, playful poems and nothing around them.',
          prompt: `Write a poem about how CrewAI is awesome. Make it exactly ${count} ${count === 1 ? 'sentence' : 'sentences'} long.`,
        }),
    }),
    keep_poem: listen('write_poem', {
      run({ state: poem, input }) {
        const text = typeof input === 'string' ? input.trim() : '';
        if (text === '') throw new StepFailure('the model wrote no poem');
        poem.poem = text;
      },
    }),
  }),
  finish: ({ sentence_count: count, poem }) => ({ sentence_count: count ?? 0, poem }),
});
