import { z } from 'zod';
import { addressProblem, MODEL_ADDRESSES, readLlm } from '../../domain/graph/read-llm.ts';
import { approvalProblems } from '../../domain/plan/tool-approvals.ts';
import { waitProblem } from '../../domain/plan/wait-seconds.ts';

/** The `config` of a stored agent or workflow: free, but what limits something must be what it says. */
export const limitingConfig = z.record(z.string(), z.json()).superRefine((config, context) => {
  const refuse = (path: string[], message: string): void => {
    context.addIssue({ code: 'custom', path, message });
  };
  for (const { below, message } of approvalProblems(config['tool_approvals']))
    refuse(['tool_approvals', ...below.split('/').slice(1)], message);
  const rpm = config['max_rpm'] ?? null;
  if (rpm !== null && (typeof rpm !== 'number' || !Number.isInteger(rpm) || rpm < 1))
    refuse(['max_rpm'], 'must be a whole number of model calls a minute, 1 or more');
  for (const { below, message } of readLlm(config['manager_llm']).problems)
    refuse(['manager_llm', ...below.split('/').slice(1)], message);
  for (const name of MODEL_ADDRESSES)
    if ((config[name] ?? null) !== null) refuse([name], addressProblem(name));
  for (const field of ['tool_approval_timeout_seconds', 'remind_after_seconds']) {
    const problem = waitProblem(config[field]);
    if (problem !== null) refuse([field], problem);
  }
});
