import type { GraphDocument, GraphReport } from '../../src/domain/graph/graph-document.ts';

/** What the real package said of a graph. */
export type RealAnswer =
  | { ok: true }
  /** `error` is pydantic's type or the exception's name; `at` is node id and field, where it is about one. */
  | { ok?: undefined; error: string; at?: [string, string] | undefined; detail?: string | undefined };

/** A difference that is meant: each has its paragraph in docs/crewai-compatibility.md, under this name. */
export interface Deviation {
  name: string;
  applies: (real: RealAnswer, ours: GraphReport, graph: GraphDocument) => boolean;
}

const UNKNOWN_NAMES = ['graph_unknown_agent', 'graph_unknown_context', 'graph_unknown_tool'];
/** What we say where CrewAI dies of a Python error before it comes to say something. */
const CRASHES = ['dict_type', 'model_type', 'graph_bad_llm', 'graph_crew_config'];
/** Rules of the builder about things that CrewAI does not look at, or not before it calls. */
const BUILDER_RULES = ['graph_bad_llm', 'graph_bad_compat', 'graph_bad_condition', 'graph_bad_pattern'];

const has = (ours: GraphReport, codes: readonly string[]): boolean =>
  ours.errors.some(({ code }) => codes.includes(code));
const isTyped = (real: RealAnswer, ...errors: string[]): boolean =>
  real.ok === undefined && errors.includes(real.error);

export const DEVIATIONS: readonly Deviation[] = [
  {
    name: 'a name nobody has',
    applies: (real, ours) => isTyped(real, 'KeyError') && has(ours, UNKNOWN_NAMES),
  },
  {
    name: 'an error for a crash',
    applies: (real, ours) => isTyped(real, 'AttributeError', 'TypeError') && has(ours, CRASHES),
  },
  {
    name: 'rules of the builder',
    applies: (real, ours) =>
      real.ok === true && ours.errors.every(({ code }) => BUILDER_RULES.includes(code)),
  },
  {
    name: 'an edge against data',
    applies: (real, ours) =>
      real.ok === true &&
      has(ours, ['graph_contradiction']) &&
      ours.errors.every(({ code }) => code === 'graph_contradiction' || code === 'graph_cycle'),
  },
  {
    name: 'tasks in a circle',
    applies: (real, ours) => isTyped(real, 'KeyError') && has(ours, ['graph_cycle']),
  },
  {
    name: 'code without Docker',
    applies: (real, _ours, graph) =>
      isTyped(real, 'RuntimeError') &&
      graph.nodes.some(({ type, data }) => type === 'agent' && Boolean(codeExecution(data))),
  },
];

const codeExecution = (data: GraphDocument['nodes'][number]['data']): unknown => {
  const { config, allow_code_execution: own } = data;
  if (own !== undefined && own !== null) return own;
  return typeof config === 'object' && config !== null && !Array.isArray(config)
    ? config.allow_code_execution
    : undefined;
};

/** Agreement is the same verdict and, of a refusal, CrewAI's first error among ours, at the same field. */
export function agrees(real: RealAnswer, ours: GraphReport, graph: GraphDocument): boolean {
  if (real.ok === true) return ours.valid;
  const { at } = real;
  return ours.errors.some(
    ({ code, path }) => code === real.error && (at === undefined || isAt(path, at, graph)),
  );
}

function isAt(path: string, [nodeId, field]: [string, string], graph: GraphDocument): boolean {
  const place = graph.nodes.findIndex(({ id }) => id === nodeId);
  const [, , index, ...rest] = path.split('/');
  const inData = rest[0] === 'data' && (rest[1] === field || (rest[1] === 'config' && rest[2] === field));
  // a missing field is where it would stand, the context of an edge is the edge
  return index === String(place) ? inData : path.startsWith('/edges/');
}

/** `agrees`, the name of the deviation, or null when there is no excuse. */
export function verdict(real: RealAnswer, ours: GraphReport, graph: GraphDocument): string | null {
  if (agrees(real, ours, graph)) return 'agrees';
  return DEVIATIONS.find(({ applies }) => applies(real, ours, graph))?.name ?? null;
}
