import type { Random } from '../crewai/random.ts';
import { callsTool, says } from '../support/scripted-replies.ts';
import type { GatedCall } from './gated-model.ts';

/** Crews of the proofs: what each of its tasks does stands in its text, so that a model without a memory can play it. */

export const PROMPT_TOKENS = 10;
export const COMPLETION_TOKENS = 5;

export interface RandomCrew {
  /** As POST /api/v1/graphs takes it. */
  document: Record<string, unknown>;
  tasks: number;
}

/** A graph of one to five tasks in chains and fan-outs, with up to two tool calls each. */
export function randomCrew(random: Random, name: string): RandomCrew {
  const size = 1 + random.below(5);
  const tools = Array.from({ length: size }, () => random.below(3));
  const document = {
    name,
    nodes: [
      {
        id: 'w',
        type: 'agent',
        data: { role: 'Worker', goal: 'work', backstory: 'b', tools: ['http_request'] },
      },
      { id: 'c', type: 'crew', data: { process: 'graph' } },
      ...tools.map((count, at) => ({
        id: `t${at}`,
        type: 'task',
        data: {
          agent: 'w',
          description: `[[${name}/${at}]] tools ${count}`,
          expected_output: 'x',
          context: Array.from({ length: at }, (_, before) => `t${before}`).filter(() => random.chance(0.4)),
        },
      })),
    ],
    edges: [],
  };
  return { document, tasks: size };
}

/**
 * Plays the model: as many tool calls that change the world outside as the task's text says, then an answer.
 * @param slowestMs between the two pieces of an answer
 */
export function playModel(outsideUrl: () => string, random: Random, slowestMs: number) {
  return (call: GatedCall): void => {
    const wanted = Number(/tools (\d)/.exec(call.body)?.[1] ?? 0);
    const made = (call.body.match(/"role":\s*"tool"/g) ?? []).length;
    const usage = { promptTokens: PROMPT_TOKENS, completionTokens: COMPLETION_TOKENS };
    const options = { usage, chunks: 2, chunkMs: random.below(slowestMs) };
    const reply =
      made < wanted
        ? callsTool('http_request', { url: `${outsideUrl()}/${call.mark}/${made}`, method: 'POST' }, options)
        : says(`Done ${call.mark}`, options);
    call.answer(reply).catch(() => undefined);
  };
}
