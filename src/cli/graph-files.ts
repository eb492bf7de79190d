import { LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { lostYamlNumbers } from '../crews/lost-yaml-numbers.ts';
import type { JsonObject } from '../domain/json.ts';
import { CliError, EXIT, Refused } from './exit-codes.ts';
import { readTextFile } from './project-files.ts';

/** Where the API has graphs. */
export const GRAPHS = '/api/v1/graphs';

const issue = z.object({
  code: z.string(),
  message: z.string(),
  path: z.string(),
  node_id: z.string().optional(),
});
/** What a validation answers. */
export const report = z.looseObject({
  valid: z.boolean(),
  errors: z.array(issue),
  warnings: z.array(issue),
});

/** What is said of a JSON pointer into a document, with line and column before it. */
export type Placed = (pointer: string, message: string) => string;

/**
 * A document in JSON or YAML, and what is said of a JSON pointer into it with line and column before it.
 * @throws {CliError} with line and column where it cannot be read
 */
export function readDocument(file: string): { content: JsonObject; placed: Placed } {
  const lines = new LineCounter();
  const document = parseDocument(readTextFile(file), { lineCounter: lines, prettyErrors: false });
  // An unknown tag is a warning of the library's; its value would be read without it.
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new CliError(EXIT.usage, `${file}:${line}:${col}: ${broken.message.split('\n')[0] ?? ''}`);
  }
  const [lost] = lostYamlNumbers(document);
  if (lost !== undefined) {
    const { line, col } = lines.linePos(lost.offset);
    throw new CliError(EXIT.usage, `${file}:${line}:${col}: ${lost.message}`);
  }
  const content = z.record(z.string(), z.json()).safeParse(document.toJS());
  if (!content.success)
    throw new CliError(EXIT.usage, `${file}:1:1: a graph is an object with nodes and edges`);
  return {
    content: content.data,
    placed: (pointer, message) => {
      const { offset, missing } = findPlace(document, pointer);
      const { line, col } = lines.linePos(offset);
      const isNamed = missing === '' || message.includes(missing);
      return `${file}:${line}:${col}: ${message}${isNamed ? '' : ` (${missing})`}`;
    },
  };
}

/** What the server says of a document, said of the lines of its file. @throws always */
export function throwPlaced(error: unknown, placed: Placed): never {
  if (!(error instanceof Refused) || error.issues.length === 0) throw error;
  const lines = error.issues.map(({ path, message }) => placed(path, message));
  throw new CliError(error.exitCode, lines.join('\n'), { cause: error });
}

/** Of what a pointer names, or of the nearest thing around it that is there; and what is not there, dots between. */
function findPlace(document: Document, pointer: string): { offset: number; missing: string } {
  const path = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  for (let length = path.length; length > 0; length -= 1) {
    const node = z
      .object({ range: z.tuple([z.number()], z.number()) })
      .safeParse(document.getIn(path.slice(0, length), true));
    if (node.success) return { offset: node.data.range[0], missing: path.slice(length).join('.') };
  }
  return { offset: 0, missing: path.join('.') };
}
