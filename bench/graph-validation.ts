import { z } from 'zod';

/** How long `POST /graphs/validate` takes for a graph of many tasks, in milliseconds from sending to the whole answer. */
export interface GraphValidation {
  tasks: number;
  ms: number[];
}

/** Ten agents, and tasks that each see the two before them. */
function graphOf(tasks: number) {
  const agents = Array.from({ length: 10 }, (_, index) => ({
    id: `agent-${index}`,
    type: 'agent',
    data: { role: `Role ${index}`, goal: 'Work on {topic}', backstory: 'Long in the trade.' },
  }));
  const nodes = Array.from({ length: tasks }, (_, index) => ({
    id: `task-${index}`,
    type: 'task',
    data: { description: `Do part ${index} of {topic}`, expected_output: 'A paragraph' },
  }));
  const edges = nodes.flatMap(({ id }, index) => [
    { source: `agent-${index % agents.length}`, target: id },
    ...[1, 2].filter((back) => index >= back).map((back) => ({ source: `task-${index - back}`, target: id })),
  ]);
  return { name: 'bench', nodes: [...agents, ...nodes], edges };
}

/** Validates a graph of so many tasks, one request at a time. @throws when it is not found valid. */
export async function measureGraphValidation(
  api: { url: string; token: string },
  requests: number,
  tasks = 200,
): Promise<GraphValidation> {
  const body = JSON.stringify(graphOf(tasks));
  const ms: number[] = [];
  for (let request = 0; request < requests; request += 1) {
    const sentAt = performance.now();
    const response = await fetch(`${api.url}/api/v1/graphs/validate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
      body,
    });
    const report = await response.json();
    ms.push(performance.now() - sentAt);
    if (!z.object({ valid: z.boolean() }).parse(report).valid)
      throw new Error(`the graph is not valid: ${JSON.stringify(report).slice(0, 500)}`);
  }
  return { tasks, ms };
}
