/** Every name under which Temporal knows something of ours: ids, queues, types, search attributes. */

/** The workflow of one execution; retries and resets keep it. */
export const crewRunWorkflowId = (executionId: string): string => `crew-run/${executionId}`;

/** The same for a run of a flow. */
export const flowRunWorkflowId = (executionId: string): string => `flow-run/${executionId}`;

/** The workflow of an execution, whatever it runs. */
export const runWorkflowId = (run: { executionId: string; kind: string }): string =>
  run.kind === 'flow' ? flowRunWorkflowId(run.executionId) : crewRunWorkflowId(run.executionId);

/** The execution that a workflow id names; null for workflows that are none. */
export const executionIdOf = (workflowId: string): string | null =>
  /^(?:crew|flow)-run\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(workflowId)?.[1] ?? null;

/** The workflow that delivers to one endpoint while there is something to deliver. */
export const deliveryWorkflowId = (endpointId: string): string => `webhook/${endpointId}`;

/** The workflow types. */
export const CREW_RUN_TYPE = 'crewRun';
export const FLOW_RUN_TYPE = 'flowRun';
export const DELIVERY_TYPE = 'delivery';

export const SCHEDULED_START_TYPE = 'scheduledStart';

/** A schedule, as Temporal names it. */
export const temporalScheduleId = (id: string): string => `schedule/${id}`;

/** The workflows it starts begin with this; Temporal adds the nominal time. */
export const scheduledStartWorkflowId = (id: string): string => `scheduled-start/${id}`;

/** Keywords an operator finds a run by (contract §13). */
export const SEARCH_ATTRIBUTES = [
  'ExecutionId',
  'OwnerId',
  'CrewName',
  'ExecutionKind',
  'ExecutionState',
] as const;

/** Temporal's priority of a run: higher is sooner with us, lower is sooner there (contract §6). */
export function priorityKey(priority: number): number {
  if (priority <= -2) return 5;
  if (priority === -1) return 4;
  if (priority === 0) return 3;
  return priority === 1 ? 2 : 1;
}
