import { createScanner, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import type { Issue } from '../../domain/errors.ts';
import { isHeldExactly, lostNumberAdvice } from '../../domain/exact-numbers.ts';
import type { CrewFile } from './imported-crew.ts';

export interface ParsedJsonc {
  /** The content, objects as `Map` in the order of the file; undefined when the file is broken. */
  content: unknown;
  /** What is broken, each at `file:line:column`. */
  issues: Issue[];
  /** Where the name of a field or a list's item stands; the nearest thing above it when it is not there. */
  locate: (path: readonly string[]) => string;
}

const MAX_CHARACTERS = 1_000_000;
/** The parser goes down by recursion. */
const MAX_DEPTH = 60;

/** Reads JSON with comments and trailing commas. A name twice in one object is an error, as in YAML. */
export function parseJsonc({ path: file, text }: CrewFile): ParsedJsonc {
  const place = (offset: number): string => {
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    return `${file}:${line}:${offset - before.lastIndexOf('\n')}`;
  };
  const broken = (issues: Issue[]): ParsedJsonc => ({
    content: undefined,
    issues,
    locate: () => `${file}:1:1`,
  });
  if (text.length > MAX_CHARACTERS)
    return broken([{ path: `${file}:1:1`, message: `the file has more than ${MAX_CHARACTERS} characters` }]);
  const tooDeep = depthProblem(text);
  if (tooDeep !== null)
    return broken([{ path: place(tooDeep), message: `more than ${MAX_DEPTH} levels deep` }]);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (root === undefined || errors.length > 0) {
    const found = errors.slice(0, 20).map(({ error, offset }) => ({
      path: place(offset),
      message: wordsOf(printParseErrorCode(error)),
    }));
    return broken(found.length > 0 ? found : [{ path: `${file}:1:1`, message: 'the file is empty' }]);
  }
  const issues: Issue[] = [];
  const refuse = (offset: number, message: string): void => {
    if (issues.length < 20) issues.push({ path: place(offset), message });
  };
  const content = contentOf(root, refuse, ({ offset, length }) => {
    const source = text.slice(offset, offset + length);
    if (!isHeldExactly(source)) refuse(offset, lostNumberAdvice(source));
  });
  return issues.length > 0
    ? broken(issues)
    : { content, issues, locate: (path) => place(offsetOf(root, path)) };
}

/** `PropertyNameExpected` → `property name expected` */
const wordsOf = (code: string): string =>
  code.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase();

/** Where it gets too deep; null when it does not. */
function depthProblem(text: string): number | null {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let offset = 0; offset < text.length; offset = scanner.getTokenOffset()) {
    const token = text.slice(offset, offset + scanner.getTokenLength());
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth > MAX_DEPTH) return offset;
    scanner.scan();
  }
  return null;
}

function contentOf(
  node: Node,
  refuse: (offset: number, message: string) => void,
  checkNumber: (node: Node) => void,
): unknown {
  if (node.type === 'array')
    return (node.children ?? []).map((child) => contentOf(child, refuse, checkNumber));
  if (node.type !== 'object') {
    if (node.type === 'number') checkNumber(node);
    const value: unknown = node.value;
    return value;
  }
  const entries = new Map<string, unknown>();
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    if (entries.has(name)) refuse(key.offset, `the name "${name}" stands twice in one object`);
    entries.set(name, contentOf(value, refuse, checkNumber));
  }
  return entries;
}

function offsetOf(root: Node, path: readonly string[]): number {
  let node = root;
  let { offset } = root;
  for (const step of path) {
    if (node.type === 'array') {
      const item = node.children?.[Number(step)];
      if (item === undefined) break;
      node = item;
      ({ offset } = item);
    } else {
      const property = node.children?.find(({ children }) => children?.[0]?.value === step);
      const [key, value] = property?.children ?? [];
      if (key === undefined || value === undefined) break;
      node = value;
      ({ offset } = key);
    }
  }
  return offset;
}
