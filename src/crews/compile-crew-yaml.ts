import type { Issue } from '../domain/errors.ts';
import { buildCrewPlan } from '../domain/plan/build-crew-plan.ts';
import type { CrewPlanResult } from '../domain/plan/build-crew-plan.ts';
import { parseYamlFile } from './parse-crew-yaml.ts';

/** A crew as CrewAI's two YAML files. */
export interface CrewYaml {
  /** What the crew shall be called. */
  name: string;
  /** The text of `agents.yaml`. */
  agentsYaml: string;
  /** The text of `tasks.yaml`. */
  tasksYaml: string;
  /** Names of the tools this installation has. */
  offeredTools: readonly string[];
}

/**
 * CrewAI's `agents.yaml` and `tasks.yaml` → a plan, or everything that is wrong with them, each issue at
 * `file:line:column`. Broken YAML in either file hides what could be said of their content.
 */
export function compileCrewYaml(crew: CrewYaml): CrewPlanResult {
  const agents = parseYamlFile('agents.yaml', crew.agentsYaml);
  const tasks = parseYamlFile('tasks.yaml', crew.tasksYaml);
  const issues: Issue[] = [...agents.issues, ...tasks.issues];
  if (issues.length > 0) return { ok: false, issues };
  const result = buildCrewPlan({
    name: crew.name,
    agents: agents.content,
    tasks: tasks.content,
    offeredTools: crew.offeredTools,
    locate: (file, path) => (file === 'agents' ? agents : tasks).locate(path),
  });
  return result.ok
    ? { ...result, warnings: inFileOrder(result.warnings) }
    : { ok: false, issues: inFileOrder(result.issues) };
}

const inFileOrder = (issues: readonly Issue[]): Issue[] =>
  issues.toSorted((one, other) => one.path.localeCompare(other.path, 'en', { numeric: true }));
