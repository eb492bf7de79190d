import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { CrewPlan } from '../../src/domain/plan/crew-plan.ts';
import { planOf, recordDifferences } from '../crewai/compare-runs.ts';
import { generateRuns } from '../crewai/generate-runs.ts';
import { readRecording, runRecord } from '../crewai/recorded.ts';
import type { RunRecord } from '../crewai/simulate-plan.ts';
import { startPlan } from '../support/plan-runs.ts';
import { says, type ChatRequest } from '../support/scripted-model.ts';
import { END, startTestStack, waitForStatus, type TestStack } from '../support/test-stack.ts';

/**
 * The engine itself, on Temporal, against what the real crewai 0.121.1 did with the same crews (recorded): who was
 * asked for which task, with what context, how often a guardrail sent it back, what was skipped, what came out.
 */

/** So many of the recorded crews; all of them are compared without the engine in the unit tests. */
const RUNS = 60;
const recording = readRecording('kickoff', runRecord);
/**
 * Without crews whose script has an empty answer: an empty reply of a model is a failure here, as it is in CrewAI's own
 * model layer, which the recording replaces.
 */
const runs = [...generateRuns(recording.seed).slice(0, RUNS).entries()].filter(([, { script }]) =>
  Object.values(script).every((answers) => !answers.includes('')),
);

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterAll(() => stack.close());

const textOf = (request: ChatRequest, role: string): string =>
  request.messages.find((message) => message.role === role)?.content ?? '';

/** As kickoff.py does: an answer passes when it begins with "good". */
const judge = (request: ChatRequest): string => {
  const answer = /The answer to be checked:\n([\s\S]*)$/.exec(textOf(request, 'user'))?.[1] ?? '';
  return JSON.stringify({ valid: answer.startsWith('good'), feedback: 'it does not begin well' });
};

/** The recorded guardrails are functions; here a model that follows the same rule stands for them. */
const judgedByModel = (plan: CrewPlan): CrewPlan => ({
  ...plan,
  tasks: plan.tasks.map((task) => ({
    ...task,
    humanInput: false,
    guardrail:
      task.guardrail === null
        ? null
        : { check: { kind: 'llm', text: 'It begins with "good".' }, maxRetries: task.guardrail.maxRetries },
  })),
});

/** Runs a plan and writes down what its models were told, in the words of kickoff.py. */
async function record(plan: CrewPlan, script: Readonly<Record<string, string[]>>): Promise<RunRecord> {
  const seen: RunRecord['seen'] = {};
  stack.model.always((request) => {
    const system = textOf(request, 'system');
    if (system.startsWith('You check whether')) return says(judge(request));
    const prompt = textOf(request, 'user');
    const [, key = ''] = /^Your task:\ndo (\S+)/.exec(prompt) ?? [];
    const attempts = request.messages.filter(({ role }) => role === 'assistant').length + 1;
    const offered = (request.tools ?? []).find((tool) => tool.function.name.startsWith('delegate_work'));
    const roles = /Coworkers: ([^.]*)\./.exec(JSON.stringify(offered ?? null))?.[1]?.split('; ') ?? [];
    seen[key] = {
      agent: /^You are (.*?)\.\n/.exec(system)?.[1] ?? '',
      attempts,
      context: /Material from earlier tasks to build upon:\n([\s\S]*)$/.exec(prompt)?.[1] ?? '',
      coworkers: roles.toSorted(),
      tools: [],
    };
    const answers = script[key] ?? [];
    return says(answers[Math.min(attempts, answers.length) - 1] ?? '');
  });
  const executionId = await startPlan(stack, plan);
  const execution = await waitForStatus(stack, executionId, END);
  if (execution.status !== 'completed') {
    const error = execution.error ?? '';
    return { seen, error: /Task failed guardrail validation after \d+ retries\./.exec(error)?.[0] ?? error };
  }
  const names = new Map(plan.tasks.map((task) => [task.name, task.key]));
  const outputs = z
    .array(z.looseObject({ name: z.string(), raw: z.string() }))
    .parse(execution.result?.tasks_output)
    .map(({ name, raw }): [string, string] => [names.get(name) ?? name, raw]);
  return { seen, outputs, raw: execution.result?.raw };
}

describe('the engine', () => {
  it('does in strict what the real crewai 0.121.1 did', async () => {
    const found: string[] = [];
    expect(runs.length).toBeGreaterThan(40);
    for (const [index, run] of runs) {
      const real = recording.answers[index];
      if (real === undefined) throw new Error(`run ${index} is not recorded`);
      const ours = await record(judgedByModel(planOf(run, 'strict')), run.script);
      found.push(...recordDifferences(ours, real).map((what) => `run ${index}: ${what}`));
    }
    expect(found).toEqual([]);
  }, 120_000);
});
