import type { JsonObject, JsonValue } from '../json.ts';

/** Whether a tool may be called: freely, when a person allows the very call, or never. */
export const TOOL_APPROVALS = ['allow', 'ask', 'deny'] as const;
export type ToolApproval = (typeof TOOL_APPROVALS)[number];
/** By the name of the tool; what is not named is allowed. */
export type ToolApprovals = Readonly<Record<string, ToolApproval>>;

const isApproval = (value: JsonValue | undefined): value is ToolApproval =>
  TOOL_APPROVALS.some((known) => known === value);
const isMapping = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export interface ApprovalProblem {
  /** JSON pointer below the field. */
  below: string;
  message: string;
}

/** What is wrong with `tool_approvals`; nothing when it is absent. */
export function approvalProblems(value: JsonValue | undefined): ApprovalProblem[] {
  if (value === undefined || value === null) return [];
  if (!isMapping(value))
    return [{ below: '', message: 'tool_approvals is an object of tool names and allow, ask or deny' }];
  return Object.entries(value)
    .filter(([, approval]) => !isApproval(approval))
    .map(([tool]) => ({
      below: `/${tool.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      message: 'must be allow, ask or deny',
    }));
}

/** Checked `tool_approvals`. What does not fit (stored before it was checked) is asked for rather than let pass. */
export const readApprovals = (value: JsonValue | undefined): ToolApprovals =>
  isMapping(value)
    ? Object.fromEntries(
        Object.entries(value).map(([tool, approval]) => [tool, isApproval(approval) ? approval : 'ask']),
      )
    : {};

/** Of several, the strictest counts. */
export const strictestApproval = (tool: string, all: readonly (ToolApprovals | undefined)[]): ToolApproval =>
  TOOL_APPROVALS[
    Math.max(
      0,
      ...all.map((one) =>
        one !== undefined && Object.hasOwn(one, tool) ? TOOL_APPROVALS.indexOf(one[tool] ?? 'allow') : 0,
      ),
    )
  ] ?? 'ask';

/** Several as one. */
export const mergeApprovals = (all: readonly ToolApprovals[]): ToolApprovals =>
  Object.fromEntries(
    [...new Set(all.flatMap((one) => Object.keys(one)))].map((tool) => [tool, strictestApproval(tool, all)]),
  );
