import { asBool, isJsonObject, isTruthy } from '../crewai/field-types.ts';
import type { JsonValue } from '../json.ts';
import type { Findings } from './graph-findings.ts';
import type { CrewModel, TaskModel } from './graph-model.ts';
import { hasManagerModel } from './read-crew-node.ts';

/**
 * CrewAI's own rules of a whole crew, C-1 … C-15 of its validators, in their order; there the first one ends
 * the check, here all speak. The order of tasks means nothing under `graph`, and neither do rules about it.
 */
export function checkCrew(crew: CrewModel, findings: Findings): void {
  checkMemory(crew, findings);
  checkManager(crew, findings);
  checkNotEmpty(crew, findings);
  for (const task of crew.tasks) checkAgentOf(task, crew, findings);
  if (crew.process === 'graph') {
    checkGraphProcess(crew, findings);
  } else {
    checkAsyncEnd(crew, findings);
    checkConditionals(crew, findings);
    checkContexts(crew, findings);
  }
}

/** C-3 */
function checkMemory({ node }: CrewModel, findings: Findings): void {
  const settings = node?.data.memory_config;
  if (node === null || !asBool(node.data.memory) || !isJsonObject(settings)) return;
  if (settings.provider === 'mem0' && 'user_memory' in settings && !isJsonObject(settings.user_memory)) {
    const path = `${node.pathOf('memory_config')}/user_memory`;
    findings.error('TypeError', 'user_memory must be a configuration dictionary', path, node.id);
  }
}

/** C-4; C-5 cannot be broken here, because the manager's node is not among the crew's agents. */
function checkManager({ node, process, manager }: CrewModel, findings: Findings): void {
  if (process === 'hierarchical') {
    if (manager === null && !hasManagerModel(node) && !isTruthy(node?.data.manager_agent)) {
      findings.error(
        'missing_manager_llm_or_manager_agent',
        'Attribute `manager_llm` or `manager_agent` is required when using hierarchical process.',
        node?.path ?? '',
        node?.id,
      );
    }
    if (manager !== null && manager.tools.length > 0) {
      findings.startError(
        'graph_manager_with_tools',
        'Manager agent should not have tools: CrewAI fails at kickoff',
        manager.pathOf('tools'),
        manager.id,
      );
    }
  } else if (node !== null && (manager !== null || hasManagerModel(node))) {
    const field = manager === null ? 'manager_llm' : 'manager_agent';
    findings.warn(
      'graph_unused_manager',
      `${field} is heeded in the hierarchical process only`,
      node.pathOf(field),
      node.id,
    );
  }
}

/** C-6, C-7, C-8 */
function checkNotEmpty(crew: CrewModel, findings: Findings): void {
  const config = configOf(crew);
  if (crew.node !== null && isTruthy(config)) {
    const { node } = crew;
    const path = node.pathOf('config');
    if (isJsonObject(config) && !(isTruthy(config.agents) && isTruthy(config.tasks)))
      findings.error('missing_keys_in_config', "Config should have 'agents' and 'tasks'.", path, node.id);
    findings.error(
      'graph_crew_config',
      "a graph's nodes are its crew: another one in config is refused",
      path,
      node.id,
    );
  } else if (crew.tasks.length === 0 && crew.agents.length === 0) {
    findings.error('missing_keys', "Either 'agents' and 'tasks' need to be set or 'config'.", '/nodes');
  } else if (crew.tasks.length === 0) {
    findings.startError(
      'graph_no_tasks',
      'without a task there is nothing to run: CrewAI fails at kickoff',
      '/nodes',
    );
  }
}

/** A crew's `config` may be JSON in a text. */
function configOf({ node }: CrewModel): JsonValue | undefined {
  const config = node?.data.config;
  if (typeof config !== 'string') return isJsonObject(config) ? config : undefined;
  try {
    const value: JsonValue = JSON.parse(config);
    return value;
  } catch {
    // said already, as json_invalid
    return undefined;
  }
}

/** C-9 */
function checkAgentOf(task: TaskModel, { process }: CrewModel, findings: Findings): void {
  if (process === 'hierarchical' || task.agent !== null) return;
  findings.error(
    'missing_agent_in_task',
    `Sequential process error: Agent is missing in the task with the following description: ${describe(task)}`,
    task.path,
    task.id,
  );
}

/** C-10 */
function checkAsyncEnd({ tasks }: CrewModel, findings: Findings): void {
  const lastSync = tasks.findLastIndex((task) => !task.isAsync);
  if (tasks.length - 1 - lastSync <= 1) return;
  for (const task of tasks.slice(lastSync + 1)) {
    findings.error(
      'async_task_count',
      'The crew must end with at most one asynchronous task.',
      task.pathOf('async_execution'),
      task.id,
    );
  }
}

/** C-11, C-12, C-13 */
function checkConditionals({ tasks, node }: CrewModel, findings: Findings): void {
  const [first] = tasks;
  if (first === undefined) return;
  if (tasks.every((task) => task.isConditional)) {
    const message = 'Crew must include at least one non-conditional task';
    findings.error('only_conditional_tasks', message, node?.path ?? '/nodes', node?.id);
  }
  if (first.isConditional) {
    const message = 'The first task cannot be a ConditionalTask.';
    findings.error('invalid_first_task', message, first.pathOf('condition'), first.id);
  }
  for (const task of tasks.filter(({ isConditional, isAsync }) => isConditional && isAsync)) {
    const message = `Conditional Task: ${describe(task)} , cannot be executed asynchronously.`;
    findings.error('invalid_async_conditional_task', message, task.pathOf('async_execution'), task.id);
  }
}

/** C-14, C-15 */
function checkContexts({ tasks }: CrewModel, findings: Findings): void {
  const placeOf = new Map(tasks.map((task, place) => [task.id, place]));
  // asynchronous tasks with no synchronous one between them share a batch
  const batches: number[] = [];
  for (const [place, task] of tasks.entries())
    batches.push((batches[place - 1] ?? 0) + (task.isAsync ? 0 : 1));
  for (const [place, task] of tasks.entries()) {
    for (const { taskId, path } of task.context ?? []) {
      const from = placeOf.get(taskId) ?? place;
      const other = tasks[from];
      if (other === undefined) continue;
      if (from > place) {
        const message = `Task '${describe(task)}' has a context dependency on a future task '${describe(other)}', which is not allowed.`;
        findings.error('value_error', message, path, task.id);
      } else if (from === place) {
        const message = 'the task names itself; its own output cannot be its context, so this has no effect';
        findings.warn('graph_self_context', message, path, task.id);
      } else if (task.isAsync && other.isAsync && batches[from] === batches[place]) {
        const message = `Task '${describe(task)}' is asynchronous and cannot include other sequential asynchronous tasks in its context.`;
        findings.error('value_error', message, path, task.id);
      }
    }
  }
}

/** Every task as soon as its inputs are there: what a condition looks at has to be said. */
function checkGraphProcess(crew: CrewModel, findings: Findings): void {
  if (crew.node !== null) {
    const path = crew.node.pathOf('process');
    findings.warn(
      'graph_not_exportable',
      'CrewAI has no process graph: this crew cannot be exported',
      path,
      crew.node.id,
    );
  }
  for (const task of crew.tasks) {
    if (task.isConditional && (task.context ?? []).length === 0) {
      const message = 'under process graph a condition looks at the first context task, and this has none';
      findings.error('graph_condition_without_context', message, task.pathOf('condition'), task.id);
    }
    if (task.isAsync) {
      const message = 'under process graph every task runs as soon as it can; async_execution has no effect';
      findings.warn('graph_async_ignored', message, task.pathOf('async_execution'), task.id);
    }
  }
}

const describe = (task: TaskModel): string =>
  typeof task.data.description === 'string' ? task.data.description : task.id;
