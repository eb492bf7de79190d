import { z } from 'zod';
import { approvalProblems } from '../../domain/plan/tool-approvals.ts';

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
  const seconds = config['tool_approval_timeout_seconds'] ?? null;
  if (seconds !== null && (typeof seconds !== 'number' || seconds < 1 || seconds > 31_536_000))
    refuse(['tool_approval_timeout_seconds'], 'must be a number of seconds, 1 to 31536000');
});
