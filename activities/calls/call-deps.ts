import type { Computing } from '../../src/computing/computing.ts';
import type { Models } from '../../src/models/model.ts';
import type { ModelPrices } from '../../src/models/prices.ts';
import type { SqlPool } from '../../src/persistence/sql.ts';
import type { Waker } from '../../src/persistence/wake.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { ToolRegistry } from '../../src/tools/tool.ts';
import type { RunningTasks } from './running-tasks.ts';

/** What the activities of a worker work with. */
export interface TaskDeps {
  /** This process, in the list of workers. */
  workerId: string;
  sql: SqlPool;
  models: Models;
  prices: ModelPrices;
  tools: ToolRegistry;
  /** For what users supply: expressions, schemas, conditions. */
  computing: Computing;
  waker: Waker;
  running: RunningTasks;
  logger: Logger;
  /** How many runs of one owner may be active (MAX_ACTIVE_EXECUTIONS_PER_USER); 0 for no limit. */
  maxActive: number;
  /** How many tasks of a run one Temporal run takes. */
  tasksOfOneRun: number;
  now: () => Date;
  /** True while the worker shuts down: tasks are handed back at the end of their turn. */
  draining: () => boolean;
  /** Counts a task or a step that is set aside because workers died in it. */
  setAside: (kind: 'task' | 'step') => void;
}
