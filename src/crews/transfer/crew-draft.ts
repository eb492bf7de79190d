import type { GraphDocument, GraphEdge, GraphNode } from '../../domain/graph/graph-document.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';

/** A crew as files describe it, before it becomes a graph. Agents and tasks are meant by the names they have there. */
export interface CrewDraft {
  name: string;
  description: string;
  agents: DraftMember[];
  /** In the order they run. `agent` and `context` of their data hold names. */
  tasks: DraftMember[];
  /** The fields of the crew; `manager_agent` holds a name. Null: nothing is said of it. */
  crew: JsonObject | null;
}

export interface DraftMember {
  name: string;
  data: JsonObject;
}

/** Pixels between the nodes of a layout. */
const COLUMN = 320;
const ROW = 180;

/**
 * A draft → a graph. A node's id is the name in the files; a task's gets a suffix where an agent has the same.
 * What refers to something that is there becomes an edge; what does not stays in the data, for validation to
 * speak of.
 */
export function graphFromDraft(draft: CrewDraft): GraphDocument {
  const taken = new Set<string>();
  const idFor = (name: string, suffix: string): string => {
    let id = name;
    while (taken.has(id)) id += suffix;
    taken.add(id);
    return id;
  };
  const agentIds = new Map(draft.agents.map(({ name }) => [name, idFor(name, '_agent')]));
  const taskIds = new Map(draft.tasks.map(({ name }) => [name, idFor(name, '_task')]));
  const edges: GraphEdge[] = [];
  const connect = (source: string, target: string): void => {
    edges.push({ id: `edge-${edges.length + 1}`, source, target });
  };
  const earlier = new Set<string>();
  const contexts: (string[] | null)[] = [];
  const tasks = draft.tasks.map(({ name, data }): Placed => {
    const id = taskIds.get(name) ?? name;
    const fields = { ...data };
    const agent = typeof fields.agent === 'string' ? agentIds.get(fields.agent) : undefined;
    if (agent !== undefined) {
      connect(agent, id);
      delete fields.agent;
    }
    const context = contextOf(fields.context, taskIds, earlier);
    if (context.edges !== null) {
      for (const source of context.edges) connect(source, id);
      delete fields.context;
    } else if (context.data !== undefined) {
      fields.context = context.data;
    }
    contexts.push(context.edges ?? (context.data === undefined ? null : []));
    earlier.add(id);
    return { id, data: fields };
  });
  const columns = columnsOf(
    tasks.map(({ id }) => id),
    contexts,
  );
  const nodes: GraphNode[] = [
    ...crewNode(draft, agentIds, idFor),
    ...draft.agents.map(({ name, data }, row) =>
      nodeAt('agent', { id: agentIds.get(name) ?? name, data }, 0, row),
    ),
    ...inRows(tasks, columns),
  ];
  return { name: draft.name, description: draft.description, nodes, edges };
}

interface Placed {
  id: string;
  data: JsonObject;
}

const nodeAt = (type: string, { id, data }: Placed, column: number, row: number): GraphNode => ({
  id,
  type,
  position: { x: column * COLUMN, y: row * ROW },
  data,
});

function crewNode(
  { crew }: CrewDraft,
  agentIds: ReadonlyMap<string, string>,
  idFor: (name: string, suffix: string) => string,
): GraphNode[] {
  if (crew === null) return [];
  const { manager_agent: manager } = crew;
  const id = typeof manager === 'string' ? agentIds.get(manager) : undefined;
  const data = id === undefined ? crew : { ...crew, manager_agent: id };
  return [nodeAt('crew', { id: idFor('crew', '_'), data }, 0, -1)];
}

/**
 * A context becomes edges only where these say the same: edges have no doubles, none is empty, and they would
 * put a later task first, which CrewAI refuses.
 */
function contextOf(
  context: JsonValue | undefined,
  taskIds: ReadonlyMap<string, string>,
  earlier: ReadonlySet<string>,
): { edges: string[] | null; data?: JsonValue } {
  if (context === undefined) return { edges: null };
  if (!Array.isArray(context)) return { edges: null, data: context };
  const ids = context.map((name) => (typeof name === 'string' ? (taskIds.get(name) ?? name) : name));
  const sources = ids.filter((id) => typeof id === 'string');
  const sameAsEdges =
    sources.length > 0 &&
    sources.length === ids.length &&
    new Set(sources).size === sources.length &&
    sources.every((id) => earlier.has(id));
  return sameAsEdges ? { edges: sources } : { edges: null, data: ids };
}

/** Each task to the right of what it takes up: of its context, or, where it names none, of the task before. */
function columnsOf(ids: readonly string[], contexts: readonly (readonly string[] | null)[]): number[] {
  const columnOf = new Map<string, number>();
  let before = 0;
  return ids.map((id, place) => {
    const context = contexts[place] ?? null;
    const column =
      context === null ? before + 1 : 1 + Math.max(0, ...context.map((one) => columnOf.get(one) ?? 0));
    columnOf.set(id, column);
    before = column;
    return column;
  });
}

function inRows(tasks: readonly Placed[], columns: readonly number[]): GraphNode[] {
  const filled = new Map<number, number>();
  return tasks.map((task, place) => {
    const column = columns[place] ?? 1;
    const row = filled.get(column) ?? 0;
    filled.set(column, row + 1);
    return nodeAt('task', task, column, row);
  });
}
