import type { PythonToken } from './python-tokens.ts';

/** A class under `@CrewBase`: a crew of its own. Its tokens go from one index to before another. */
export interface CrewClass {
  name: string;
  from: number;
  to: number;
}

/** The crews of a program, in its order. Goes by indentation, as Python does. */
export function crewClasses(tokens: readonly PythonToken[]): CrewClass[] {
  const found: CrewClass[] = [];
  let open: { name: string; from: number; column: number } | null = null;
  let decoratedFrom: number | null = null;
  for (const at of statementStarts(tokens)) {
    const token = tokens[at];
    if (token === undefined) continue;
    if (open !== null && token.column <= open.column) {
      found.push({ name: open.name, from: open.from, to: at });
      open = null;
    }
    if (token.text === '@') {
      if (tokens[at + 1]?.text === 'CrewBase') decoratedFrom = at;
    } else {
      if (token.text === 'class' && decoratedFrom !== null && open === null)
        open = { name: tokens[at + 1]?.text ?? '', from: decoratedFrom, column: token.column };
      decoratedFrom = null;
    }
  }
  if (open !== null) found.push({ name: open.name, from: open.from, to: tokens.length });
  return found;
}

/** Where statements begin: at the first token of a line that no bracket holds open. */
function* statementStarts(tokens: readonly PythonToken[]): Generator<number> {
  let depth = 0;
  let isStart = true;
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind === 'line_end') {
      isStart ||= depth === 0;
      continue;
    }
    if (isStart) yield at;
    isStart = false;
    if (kind !== 'sign') continue;
    if (/^[([{]$/.test(text)) depth += 1;
    if (/^[)\]}]$/.test(text)) depth = Math.max(0, depth - 1);
  }
}

/** A program without its other crews: what stands around the classes, and the class that was chosen. */
export function withoutOtherCrews(
  tokens: readonly PythonToken[],
  classes: readonly CrewClass[],
  chosen: string,
): PythonToken[] {
  const others = classes.filter(({ name }) => name !== chosen);
  return tokens.filter((_token, at) => !others.some(({ from, to }) => at >= from && at < to));
}
