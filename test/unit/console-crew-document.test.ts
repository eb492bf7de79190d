import { describe, expect, test } from '@jest/globals';
import { diffLines } from 'diff';
import {
  edgesOf,
  FRESH_CREW,
  nodesOf,
  readDocument,
  titleOf,
  withEdge,
  withNode,
  writeDocument,
} from '../../console/src/crews/document.ts';
import { sideBySide } from '../../console/src/crews/side-by-side.ts';

const JSON_TEXT = `{
  "name": "Two",
  "nodes": [
    { "id": "a", "type": "agent", "data": { "role": "Writer" } },
    { "id": "t", "type": "task",
      "data": { "description": "Write" } }
  ],
  "edges": [{ "source": "a", "target": "t" }]
}`;

const YAML_TEXT = `name: Two
nodes:
  - id: a
    type: agent
    data:
      role: Writer
  - id: t
    type: task
    data:
      description: Write
edges:
  - source: a
    target: t
`;

/** What a text holds; fails where it holds nothing. */
function documentOf(text: string) {
  const read = readDocument(text);
  if (read.error !== null) throw new Error(read.error.message);
  return read;
}

describe('The crew editor’s document', () => {
  test('is the same from JSON and from YAML, and back', () => {
    const fromJson = documentOf(JSON_TEXT).document;
    const fromYaml = documentOf(YAML_TEXT).document;
    expect(fromYaml).toEqual(fromJson);
    expect(documentOf(writeDocument(fromJson, 'yaml')).document).toEqual(fromJson);
    expect(documentOf(writeDocument(fromJson, 'json')).document).toEqual(fromJson);
  });

  test.each([
    ['JSON', JSON_TEXT, 6],
    ['YAML', YAML_TEXT, 10],
  ])('finds the line of what a JSON pointer names in %s, or of what is around it', (_, text, line) => {
    const { placeOf } = documentOf(text);
    const found = placeOf('/nodes/1/data/description');
    expect(found?.line).toBe(line);
    expect(text.slice(found?.from, found?.to)).toContain('Write');
    expect(placeOf('/nodes/1/data/description/not/there')?.line).toBe(line);
    expect(placeOf('/nothing')).toBeNull();
  });

  test('says where a text cannot be read', () => {
    const read = readDocument('{\n  "name": "x",\n  "nodes": [\n');
    expect(read.document).toBeNull();
    expect(read.error?.span?.line).toBeGreaterThan(2);
    expect(readDocument('- a list').error?.message).toContain('name, nodes, edges');
  });

  test('takes nodes under free ids and arrows once, and leaves what it was given as it was', () => {
    const { document } = documentOf(JSON_TEXT);
    const more = withNode(withNode(document, 'task'), 'task');
    expect(nodesOf(more).map(({ id }) => id)).toEqual(['a', 't', 'task-1', 'task-2']);
    const joined = withEdge(withEdge(more, 'a', 'task-1'), 'a', 'task-1');
    expect(edgesOf(joined)).toEqual([
      { source: 'a', target: 't' },
      { source: 'a', target: 'task-1' },
    ]);
    expect(nodesOf(document)).toHaveLength(2);
  });

  test('passes over nodes that are none, and titles the others', () => {
    const { document } = documentOf('{"nodes": [7, {"id": 3}, {"id": "x", "type": "agent", "data": []}]}');
    expect(nodesOf(document).map(titleOf)).toEqual(['x']);
    expect(nodesOf(FRESH_CREW).map(titleOf)).toEqual(['crew', 'Researcher', 'task-1']);
  });
});

describe('Two versions side by side', () => {
  test('show what was beside what is, with three lines around', () => {
    const before = Array.from({ length: 20 }, (_, at) => `line ${at}`).join('\n');
    const after = before.replace('line 10', 'line ten\nand more');
    const rows = sideBySide(diffLines(`${before}\n`, `${after}\n`));
    expect(rows).toEqual([
      { left: '… 7 lines alike …', right: '… 7 lines alike …', isSame: true },
      ...[7, 8, 9].map((at) => ({ left: `line ${at}`, right: `line ${at}`, isSame: true })),
      { left: 'line 10', right: 'line ten', isSame: false },
      { left: null, right: 'and more', isSame: false },
      ...[11, 12, 13].map((at) => ({ left: `line ${at}`, right: `line ${at}`, isSame: true })),
      { left: '… 6 lines alike …', right: '… 6 lines alike …', isSame: true },
    ]);
  });

  test('show what only one of them has on its side alone', () => {
    expect(sideBySide(diffLines('a\nb\n', 'a\n'))).toEqual([
      { left: 'a', right: 'a', isSame: true },
      { left: 'b', right: null, isSame: false },
    ]);
    expect(sideBySide(diffLines('a\n', 'a\nb\n')).at(-1)).toEqual({ left: null, right: 'b', isSame: false });
  });
});
