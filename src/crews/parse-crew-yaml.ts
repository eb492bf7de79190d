import { LineCounter, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { Node, YAMLParseError } from 'yaml';
import type { Issue } from '../domain/errors.ts';

/** Anchors used more often than this are an attack, not a crew. */
const MAX_ALIASES = 50;
/** A crew file larger than this is refused unread, in characters. */
const MAX_CHARACTERS = 1_000_000;

export interface ParsedYaml {
  /** The content, mappings as `Map` in the order of the file; undefined when the file is broken. */
  content: unknown;
  /** What is broken, each at `file:line:column`. */
  issues: Issue[];
  /** Where the name of a field or a list's item stands; the nearest thing above it when it is not there. */
  locate: (path: readonly string[]) => string;
}

/**
 * Reads one YAML file of a crew. YAML 1.2, so that words such as `yes` and dates stay texts; merge keys
 * (`<<`) work as they do in Python.
 *
 * @param file its name, as issues shall call it.
 */
export function parseYamlFile(file: string, text: string): ParsedYaml {
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const broken = (issues: Issue[]): ParsedYaml => ({
    content: undefined,
    issues,
    locate: () => `${file}:1:1`,
  });
  if (text.length > MAX_CHARACTERS) {
    return broken([{ path: `${file}:1:1`, message: `the file has more than ${MAX_CHARACTERS} characters` }]);
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    merge: true,
  });
  if (document.errors.length > 0) {
    return broken(
      document.errors.map((error) => ({ path: place(error.pos[0]), message: explain(error, text) })),
    );
  }
  try {
    const content: unknown = document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES });
    return { content, issues: [], locate: (path) => place(offsetOf(document.contents, path)) };
  } catch (error) {
    // the one thing that can only be found while resolving: aliases without end or without an anchor
    const message = error instanceof Error ? error.message : String(error);
    return broken([{ path: `${file}:1:1`, message }]);
  }
}

function explain(error: YAMLParseError, text: string): string {
  if (error.code === 'MULTIPLE_DOCS') return 'the file holds more than one document';
  if (error.code !== 'DUPLICATE_KEY') return error.message;
  const name = /^[^:\n]*/.exec(text.slice(error.pos[0]))?.[0].trim() ?? '';
  return `the name "${name}" stands twice in one mapping`;
}

/** The offset of a field's name or of a list's item. Items are found by their text, else by their place. */
function offsetOf(top: Node | null, path: readonly string[]): number {
  let node: unknown = top;
  let offset = top?.range?.[0] ?? 0;
  for (const step of path) {
    const next = child(node, step);
    if (next === undefined) break;
    offset = next.offset ?? offset;
    node = next.node;
  }
  return offset;
}

interface Place {
  node: unknown;
  offset: number | undefined;
}

function child(node: unknown, step: string): Place | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
    return pair === undefined ? undefined : { node: pair.value, offset: startOf(pair.key) };
  }
  if (!isSeq(node)) return undefined;
  const item =
    node.items.find((one) => isScalar(one) && String(one.value).trim() === step) ?? node.items[Number(step)];
  return item === undefined ? undefined : { node: item, offset: startOf(item) };
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
