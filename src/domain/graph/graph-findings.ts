import type { GraphFinding } from './graph-document.ts';

/** Takes down what is wrong or doubtful with a graph, in the order it is found. */
export interface Findings {
  readonly errors: readonly GraphFinding[];
  readonly warnings: readonly GraphFinding[];
  /** What CrewAI takes when a crew is built but fails over at kickoff: validation warns, a start is refused. */
  readonly startErrors: readonly GraphFinding[];
  error: (code: string, message: string, path: string, nodeId?: string) => void;
  warn: (code: string, message: string, path: string, nodeId?: string) => void;
  startError: (code: string, message: string, path: string, nodeId?: string) => void;
}

export function createFindings(): Findings {
  const errors: GraphFinding[] = [];
  const warnings: GraphFinding[] = [];
  const startErrors: GraphFinding[] = [];
  const into =
    (list: GraphFinding[]) =>
    (code: string, message: string, path: string, nodeId?: string): void => {
      list.push({ code, message, path, ...(nodeId === undefined ? {} : { node_id: nodeId }) });
    };
  return {
    errors,
    warnings,
    startErrors,
    error: into(errors),
    warn: into(warnings),
    startError: into(startErrors),
  };
}

/** A step of a JSON pointer (RFC 6901). */
export const pointerStep = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
