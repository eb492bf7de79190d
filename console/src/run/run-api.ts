import {
  answer,
  answerWithTotal,
  api,
  type EventSchema,
  type ExecutionSchema,
  type TaskRunSchema,
} from '../api/client.ts';

/** What the page of a run asks of the API. */

/** As much as one request of a list gives. */
const MOST = 1_000;

export const readRun = (id: string): Promise<ExecutionSchema> =>
  answer(api.GET('/api/v1/executions/{execution_id}', { params: { path: { execution_id: id } } }));

/** All tasks, in the order of the plan, in as many requests as it takes. */
export async function readTasks(id: string): Promise<TaskRunSchema[]> {
  const page = (skip: number) =>
    answerWithTotal(
      api.GET('/api/v1/executions/{execution_id}/tasks', {
        params: { path: { execution_id: id }, query: { skip, limit: MOST } },
      }),
    );
  const first = await page(0);
  const skips = Array.from({ length: Math.ceil(first.total / MOST) - 1 }, (_, index) => (index + 1) * MOST);
  const others = await Promise.all(skips.map(page));
  return [first, ...others].flatMap(({ data }) => data);
}

/** Which events of a log. */
export interface EventQuery {
  after: number;
  limit: number;
  taskKey?: string | undefined;
  search?: string | undefined;
}

/** A page of its log, and how much there is in all (without a filter: the last seq). */
export function readEvents(
  id: string,
  { after, limit, taskKey, search }: EventQuery,
): Promise<{ data: EventSchema[]; total: number }> {
  const query = {
    after,
    limit,
    ...(taskKey !== undefined && { task_key: taskKey }),
    ...(search !== undefined && search !== '' && { search }),
  };
  return answerWithTotal(
    api.GET('/api/v1/executions/{execution_id}/events', { params: { path: { execution_id: id }, query } }),
  );
}

export type RunCommand = 'pause' | 'resume' | 'cancel' | 'retry';

export function commandRun(id: string, command: RunCommand): Promise<ExecutionSchema> {
  const params = { params: { path: { execution_id: id } } };
  switch (command) {
    case 'pause':
      return answer(api.POST('/api/v1/executions/{execution_id}/pause', params));
    case 'resume':
      return answer(api.POST('/api/v1/executions/{execution_id}/resume', params));
    case 'cancel':
      return answer(api.POST('/api/v1/executions/{execution_id}/cancel', params));
    case 'retry':
      return answer(api.POST('/api/v1/executions/{execution_id}/retry', params));
  }
}

export function commandTask(id: string, key: string, command: 'retry' | 'skip'): Promise<TaskRunSchema> {
  const params = { params: { path: { execution_id: id, key } } };
  return command === 'retry'
    ? answer(api.POST('/api/v1/executions/{execution_id}/tasks/{key}/retry', params))
    : answer(api.POST('/api/v1/executions/{execution_id}/tasks/{key}/skip', params));
}
