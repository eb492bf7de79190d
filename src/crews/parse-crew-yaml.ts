import { LineCounter, isMap, isNode, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Node, YAMLError } from 'yaml';
import type { Issue } from '../domain/errors.ts';
import { lostYamlNumbers } from './lost-yaml-numbers.ts';

/** Anchors used more often than this are an attack, not a crew. */
const MAX_ALIASES = 50;
/** Aliases in one file: each is looked up in the whole of it. */
const MAX_ALIAS_NODES = 200;
/** Issues told at once; a broken file can have one on each line. */
const MAX_ISSUES = 100;
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
    // looked for below: the library compares each name with all others
    uniqueKeys: false,
    merge: true,
  });
  // Of an unknown tag the library only warns, and reads the value without what the tag would have made of it.
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) {
    return broken(
      errors.slice(0, MAX_ISSUES).map((error) => ({ path: place(error.pos[0]), message: explain(error) })),
    );
  }
  try {
    const faults = [...faultsOf(document), ...lostYamlNumbers(document)].slice(0, MAX_ISSUES);
    if (faults.length > 0)
      return broken(faults.map(({ offset, message }) => ({ path: place(offset), message })));
    const content: unknown = document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES });
    return { content, issues: [], locate: (path) => place(offsetOf(document.contents, path)) };
  } catch (error) {
    // the one thing that can only be found while resolving: aliases without end or without an anchor
    const message = error instanceof Error ? error.message : String(error);
    return broken([{ path: `${file}:1:1`, message }]);
  }
}

function explain(error: YAMLError): string {
  if (error.code === 'MULTIPLE_DOCS') return 'the file holds more than one document';
  if (error.code !== 'TAG_RESOLVE_FAILED') return error.message;
  const [, tag = ''] = /:\s*(\S+)$/.exec(error.message) ?? [];
  return `the tag ${tag} is unknown here: write the value without it`;
}

interface Fault {
  offset: number;
  message: string;
}

/** Names that stand twice in one mapping, and too many aliases. Linear in the nodes. */
function faultsOf(document: Document): Fault[] {
  const faults: Fault[] = [];
  let aliases = 0;
  visit(document, {
    Alias: (_key, alias) => {
      aliases += 1;
      if (aliases !== MAX_ALIAS_NODES + 1) return undefined;
      faults.push({ offset: alias.range?.[0] ?? 0, message: `more than ${MAX_ALIAS_NODES} aliases` });
      return visit.BREAK;
    },
    Map: (_key, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key) || typeof key.value === 'symbol' || key.value === '<<') continue;
        const name = String(key.value);
        const message = `the name "${name}" stands twice in one mapping`;
        if (seen.has(name) && faults.length < MAX_ISSUES)
          faults.push({ offset: key.range?.[0] ?? 0, message });
        seen.add(name);
      }
    },
  });
  return faults;
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
