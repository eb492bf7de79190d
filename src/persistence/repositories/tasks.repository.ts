import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { conflict, invalid, notFound, type Issue } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { cycleMessage, dependencyCycle } from '../../domain/plan/compile-workflow.ts';
import type { TaskStatus } from '../../domain/run/status.ts';
import type { OwnerScope } from '../database.ts';
import { Execution } from '../entities/execution.entity.ts';
import { Agent, Task, Workflow } from '../entities/platform.entity.ts';
import { TaskExecution } from '../entities/task-execution.entity.ts';
import { refuseWhileLive } from './live-runs.ts';

const owned = (scope: OwnerScope): { ownerId?: string } =>
  'ownerId' in scope ? { ownerId: scope.ownerId } : {};

export interface TaskFields {
  workflowId: number;
  agentId: number;
  name: string;
  description: string;
  taskType: string;
  priority: number;
  order: number;
  inputData: JsonObject | null;
  config: JsonObject | null;
  dependencies: number[];
  isActive: boolean;
}

export interface TaskFilter {
  workflowId?: number | undefined;
  agentId?: number | undefined;
  statuses?: readonly TaskStatus[] | undefined;
}

/** A page of tasks, newest first, and how many there are in all. */
export function listTasks(
  em: EntityManager,
  scope: OwnerScope,
  filter: TaskFilter,
  page: { skip: number; limit: number },
): Promise<[Task[], number]> {
  const where: FilterQuery<Task> = {
    ...owned(scope),
    ...(filter.workflowId !== undefined && { workflowId: filter.workflowId }),
    ...(filter.agentId !== undefined && { agentId: filter.agentId }),
    ...(filter.statuses !== undefined && { status: { $in: [...filter.statuses] } }),
  };
  return em.findAndCount(Task, where, { orderBy: { id: 'desc' }, offset: page.skip, limit: page.limit });
}

/** All tasks of a workflow. */
export const tasksOfWorkflow = (em: EntityManager, workflowId: number): Promise<Task[]> =>
  em.find(Task, { workflowId }, { orderBy: { order: 'asc', id: 'asc' } });

/** One task, or null: absent and foreign look the same. */
export const findTask = (em: EntityManager, id: number, scope: OwnerScope): Promise<Task | null> =>
  em.findOne(Task, { id, ...owned(scope) });

/**
 * Stores a task as its workflow's owner's.
 * @throws {MusterError} VALIDATION_FAILED for a workflow or agent that is not there, and for dependencies that
 *   cannot be.
 */
export async function createTask(
  em: EntityManager,
  scope: OwnerScope,
  fields: TaskFields,
  now: Date,
): Promise<Task> {
  const workflow = await checkPlace(em, scope, null, fields);
  const task = em.create(Task, { ownerId: workflow.ownerId, ...fields, createdAt: now, updatedAt: now });
  await em.flush();
  return em.refreshOrFail(task);
}

/** @throws {MusterError} NOT_FOUND; VALIDATION_FAILED as `createTask`. */
export async function updateTask(
  em: EntityManager,
  ref: { id: number; scope: OwnerScope },
  change: Partial<TaskFields>,
  now: Date,
): Promise<Task> {
  const task = await findTask(em, ref.id, ref.scope);
  if (task === null) throw notFound('task');
  if (Object.keys(change).length === 0) return task;
  await checkPlace(em, ref.scope, task, {
    workflowId: change.workflowId ?? task.workflowId,
    agentId: change.agentId ?? task.agentId,
    dependencies: change.dependencies ?? task.dependencies,
  });
  em.assign(task, { ...change, updatedAt: now });
  await em.flush();
  return task;
}

const named = (tasks: readonly { id: number; name: string }[]): string =>
  tasks.map(({ id, name }) => `${id} ("${name}")`).join(', ');

/**
 * Holds the workflow and the agent until the commit, so that two changes at once cannot make a circle between them, nor a task of what
 * is just being deleted.
 * @param present the task as it is; null for a new one
 */
async function checkPlace(
  em: EntityManager,
  scope: OwnerScope,
  present: Task | null,
  wanted: Pick<TaskFields, 'workflowId' | 'agentId' | 'dependencies'>,
): Promise<Workflow> {
  const held = [wanted.workflowId, present?.workflowId ?? wanted.workflowId];
  await em.execute('select 1 from workflows where id in (?, ?) order by id for no key update', held);
  await em.execute('select 1 from agents where id = ? for key share', [wanted.agentId]);
  const workflow = await em.findOne(Workflow, { id: wanted.workflowId, ...owned(scope) });
  if (workflow === null) throw invalid('The request does not fit', [noSuch('workflow', wanted.workflowId)]);
  const issues: Issue[] = [];
  const agent = await em.findOne(Agent, { id: wanted.agentId, ownerId: workflow.ownerId });
  if (agent === null) issues.push(noSuch('agent', wanted.agentId));
  const others = await em.find(Task, { workflowId: wanted.workflowId, id: { $ne: present?.id ?? 0 } });
  issues.push(...dependencyIssues(wanted, present, others));
  if (present !== null && present.workflowId !== wanted.workflowId)
    issues.push(...leavingIssues(await dependents(em, present)));
  if (issues.length > 0) throw invalid('The request does not fit', issues);
  return workflow;
}

const noSuch = (what: 'workflow' | 'agent', id: number): Issue => ({
  path: `/${what}_id`,
  message: `there is no ${what} ${id}`,
});

function dependencyIssues(
  { workflowId, dependencies }: Pick<TaskFields, 'workflowId' | 'dependencies'>,
  present: Task | null,
  others: readonly Task[],
): Issue[] {
  const issues = dependencies.flatMap((id, place): Issue[] => {
    const path = `/dependencies/${place}`;
    if (id === present?.id) return [{ path, message: `task ${id} cannot depend on itself` }];
    if (others.some((other) => other.id === id)) return [];
    return [{ path, message: `workflow ${workflowId} has no task ${id}` }];
  });
  if (issues.length > 0 || present === null) return issues;
  const self = { id: present.id, name: present.name, dependencies };
  const cycle = dependencyCycle([...others, self]);
  return cycle.length === 0 ? [] : [{ path: '/dependencies', message: cycleMessage(cycle) }];
}

const leavingIssues = (left: readonly Task[]): Issue[] =>
  left.length === 0
    ? []
    : [{ path: '/workflow_id', message: `tasks of its workflow depend on it: ${named(left)}` }];

/** The tasks that name this one among their dependencies. */
async function dependents(em: EntityManager, task: Task): Promise<Task[]> {
  const others = await em.find(Task, { workflowId: task.workflowId }, { orderBy: { id: 'asc' } });
  return others.filter((other) => other.id !== task.id && other.dependencies.includes(task.id));
}

/** @throws {MusterError} CONFLICT while others depend on it or an execution that runs it is live; NOT_FOUND. */
export async function deleteTask(em: EntityManager, id: number, scope: OwnerScope): Promise<void> {
  const task = await findTask(em, id, scope);
  if (task === null) throw notFound('task');
  await em.execute('select 1 from workflows where id = ? for no key update', [task.workflowId]);
  const left = await dependents(em, task);
  if (left.length > 0) {
    throw conflict(`tasks depend on it: ${named(left)}; take it out of their dependencies first`, {
      task_ids: left.map((one) => one.id),
    });
  }
  await refuseWhileLive(em, 'task', id);
  await em.nativeDelete(Task, { id });
}

/** One run of a stored task in some execution. */
export interface TaskRun {
  run: TaskExecution;
  executionUuid: string;
  workflowId: number | null;
}

/** A page of a task's runs that the scope of `em` shows, newest first, and how many there are in all. */
export async function listTaskRuns(
  em: EntityManager,
  taskId: number,
  page: { skip: number; limit: number },
): Promise<[TaskRun[], number]> {
  const [runs, total] = await em.findAndCount(
    TaskExecution,
    { taskId },
    { orderBy: { id: 'desc' }, offset: page.skip, limit: page.limit },
  );
  const executions = await em.find(
    Execution,
    { id: { $in: runs.map(({ executionId }) => executionId) } },
    { fields: ['executionId', 'workflowId'] },
  );
  const byId = new Map(executions.map((execution) => [execution.id, execution]));
  return [
    runs.map((run) => ({
      run,
      executionUuid: byId.get(run.executionId)?.executionId ?? '',
      workflowId: byId.get(run.executionId)?.workflowId ?? null,
    })),
    total,
  ];
}

/** A task's latest run that has failed, or null. */
export const latestFailedRun = (em: EntityManager, taskId: number): Promise<TaskExecution | null> =>
  em.findOne(TaskExecution, { taskId, status: 'failed' }, { orderBy: { id: 'desc' } });
