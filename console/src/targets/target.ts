/** What can be started, as schedules start it and webhooks listen to it. */

export const TARGET_KINDS = ['crew', 'graph', 'workflow', 'flow'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** One of them: an example's folder name, a graph's UUID, a workflow's number, a flow's name; all as text. */
export interface Target {
  kind: TargetKind;
  id: string;
}

/** What people call the kinds. */
export const KIND_WORDS: Record<TargetKind, string> = {
  crew: 'an example crew',
  graph: 'a crew of yours',
  workflow: 'a workflow',
  flow: 'a flow',
};

/** Whichever of the API's fields is set. */
export function targetOf(fields: {
  crew?: string | null;
  graph_id: string | null;
  workflow_id: number | null;
  flow: string | null;
}): Target | null {
  const { crew = null, graph_id: graph, workflow_id: workflow, flow } = fields;
  if (crew !== null) return { kind: 'crew', id: crew };
  if (graph !== null) return { kind: 'graph', id: graph };
  if (workflow !== null) return { kind: 'workflow', id: String(workflow) };
  return flow === null ? null : { kind: 'flow', id: flow };
}

/** The target as the API's field for it. */
export function fieldsOf({ kind, id }: Target): {
  crew?: string;
  graph_id?: string;
  workflow_id?: number;
  flow?: string;
} {
  switch (kind) {
    case 'crew':
      return { crew: id };
    case 'graph':
      return { graph_id: id };
    case 'workflow':
      return { workflow_id: Number(id) };
    case 'flow':
      return { flow: id };
  }
}
