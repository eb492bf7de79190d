import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { importCrew } from '../../src/crews/transfer/import-crew.ts';
import { projectFromGraph } from '../../src/crews/transfer/project-from-graph.ts';
import { pythonText } from '../../src/crews/transfer/python-literals.ts';
import { pythonTokens } from '../../src/crews/transfer/python-tokens.ts';
import { readZip } from '../../src/crews/transfer/read-zip.ts';
import { writeYaml } from '../../src/crews/transfer/write-yaml.ts';
import { writeZip } from '../../src/crews/transfer/write-zip.ts';
import { compileGraph } from '../../src/domain/graph/compile-graph.ts';
import type { GraphDocument } from '../../src/domain/graph/graph-document.ts';
import { exportableGraphs, EXPORTED_TOOLS, NASTY_TEXTS } from '../support/exportable-graphs.ts';

const OFFERED = { offeredTools: EXPORTED_TOOLS };

function exported(document: GraphDocument): ReadonlyMap<string, string> {
  const project = projectFromGraph(document, OFFERED);
  if (!project.ok) throw new Error(JSON.stringify(project));
  return project.files;
}

function planOf(document: GraphDocument): unknown {
  const compiled = compileGraph(document, OFFERED);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.report.errors));
  return compiled.plan;
}

describe('a graph that was exported', () => {
  it.each(exportableGraphs().map(({ title, document }) => [title, document] as const))(
    'compiles to the same plan when it is imported again: %s',
    async (_title, document) => {
      const files = await readZip(writeZip(exported(document)));
      const { document: back, warnings } = importCrew(files);
      expect(warnings).toEqual([]);
      expect(planOf(back)).toEqual(planOf(document));
    },
  );

  it('names the tools that have no Python', () => {
    const found = exportableGraphs().find(({ title }) => title === 'a tool without Python');
    expect(
      exported(found?.document ?? { name: '', description: '', nodes: [], edges: [] }).get('README.md'),
    ).toContain('- `my_own`');
  });
});

describe('a graph that cannot be exported', () => {
  const nodes = (process: string): GraphDocument['nodes'] => [
    { id: 'c', type: 'crew', data: { process } },
    { id: 'w', type: 'agent', data: { role: 'r', goal: 'g', backstory: 'b' } },
    { id: 't', type: 'task', data: { description: 'd', expected_output: 'e', agent: 'w' } },
  ];

  it('says why: it runs under process graph, or is not valid', () => {
    const document = { name: 'x', description: '', nodes: nodes('graph'), edges: [] };
    expect(projectFromGraph(document, OFFERED)).toMatchObject({
      ok: false,
      issues: [{ path: '/nodes/0/data/process', message: 'CrewAI has no process graph' }],
    });
    expect(projectFromGraph({ ...document, nodes: nodes('hierarchical') }, OFFERED)).toMatchObject({
      ok: false,
      issues: [{ message: expect.stringContaining('manager_llm') }],
    });
  });
});

describe('texts', () => {
  it.each(NASTY_TEXTS)('stay what they are in YAML: %#', (text) => {
    const value = {
      plain: text,
      [`k${text}`]: [text, { [text]: text, list: [[text], []], n: 1e21 }],
      none: null,
    };
    expect(writeYaml(value)).not.toMatch(/[\u007f-\u009f\u2028\u2029\ufeff]/);
    expect(parse(writeYaml(value))).toEqual(value);
    expect(parse(writeYaml(value), { version: '1.1' })).toEqual(value);
  });

  it.each(NASTY_TEXTS)('stay one literal in Python: %#', (text) => {
    const literal = pythonText(text);
    expect(literal).toMatch(/^[ -~]+$/);
    expect(pythonTokens(literal)).toEqual([{ kind: 'text', text, line: 1, column: 0, isDynamic: false }]);
  });
});
