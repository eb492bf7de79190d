import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { graphDocumentSchema } from '../../src/contracts/graph.ts';
import { importCrew } from '../../src/crews/transfer/import-crew.ts';
import type { GraphDocument } from '../../src/domain/graph/graph-document.ts';
import { validateGraph } from '../../src/domain/graph/validate-graph.ts';
import type { JsonObject, JsonValue } from '../../src/domain/json.ts';

/** A graph that can be exported, and what a run of it has to show. */
export interface ExportableGraph {
  title: string;
  document: GraphDocument;
  inputs: Record<string, string>;
  /** Ids of tasks whose condition does not hold. */
  skipped: string[];
  /** What tools answer, each in this order contained in what was observed. */
  observed?: string[];
  /** The last output as JSON. */
  json?: JsonValue;
  /** The run ends in an error that says this. */
  fails?: string;
}

/** Names of the tools that the graphs use; `my_own` has no Python. */
export const EXPORTED_TOOLS = [
  'ask_human',
  'calculator',
  'current_time',
  'hello_world',
  'http_request',
  'my_own',
];

/** Texts that would like to be something else than a text. */
export const NASTY_TEXTS = [
  `it's "quoted" and """thrice""" and '''thrice'''`,
  'back\\slash \\n \\" \\u0041 \\',
  'two\nlines\n\nand more',
  '\n  leading and trailing \t\n\n',
  'yes',
  '0o14',
  '2001-01-01',
  '12:30:45',
  '~',
  '*alias &anchor !!python/object/apply:os.system ["touch /tmp/pwned"]',
  '# no comment: "x": [1, {',
  "'; __import__('os').system('touch /tmp/pwned') #",
  'ünïcödé 漢字 🎉 \u0085 \u2028 \u2029 \u00a0 \u200b \ufeff \u007f \u0007 end',
  '{% raw %} ${HOME} %s {0} {} {"json": {"a": 1}}',
  '--- \n...\n- a',
  'trailing backslash at the end of a line \\\nnext',
  '1e3',
  '',
];

const agent = (id: string, data: JsonObject = {}): GraphDocument['nodes'][number] => ({
  id,
  type: 'agent',
  data: { role: `Role of ${id}`, goal: `goal of ${id}`, backstory: `story of ${id}`, ...data },
});
const task = (id: string, data: JsonObject = {}): GraphDocument['nodes'][number] => ({
  id,
  type: 'task',
  data: { description: `Do ${id}`, expected_output: `What ${id} makes`, ...data },
});
const crew = (data: JsonObject): GraphDocument['nodes'][number] => ({ id: 'the-crew', type: 'crew', data });
const edges = (...pairs: string[]): GraphDocument['edges'] =>
  pairs.map((pair, at) => {
    const [source = '', target = ''] = pair.split('>');
    return { id: `e${at}`, source, target };
  });

function graph(
  title: string,
  nodes: GraphDocument['nodes'],
  links: GraphDocument['edges'],
  more: Partial<ExportableGraph> = {},
): ExportableGraph {
  const document = { name: title, description: '', nodes, edges: links };
  return { title, document, inputs: {}, skipped: [], ...more };
}

const two = (
  title: string,
  second: JsonObject,
  first: JsonObject = {},
  skipped: string[] = [],
): ExportableGraph =>
  graph(
    title,
    [agent('writer'), task('first', first), task('second', second)],
    edges('writer>first', 'writer>second', 'first>second'),
    { skipped },
  );

const conditional = (title: string, answer: string, condition: JsonValue, holds: boolean): ExportableGraph =>
  two(title, { condition }, { description: `ANSWER ${answer}` }, holds ? [] : ['second']);

const shape: JsonObject = {
  type: 'object',
  properties: {
    title: { type: 'string', description: 'It says "so"' },
    'a b': { type: 'integer' },
    class: { type: ['string', 'null'] },
    tags: { type: 'array', items: { enum: ['x', 'y'] } },
    inner: { $ref: '#/$defs/inner' },
  },
  required: ['title'],
  $defs: {
    inner: { type: 'object', properties: { deep: { $ref: '#/$defs/inner' }, n: { type: 'number' } } },
  },
};
const shapedAnswer = { title: 'T', 'a b': 2, class: null, tags: ['x'], inner: { deep: null, n: 1.5 } };
const shaped = `ANSWER ${JSON.stringify(shapedAnswer)}`;

/** The crews of `examples/`, as graphs. */
function exampleGraphs(): ExportableGraph[] {
  const folder = fileURLToPath(new URL('../../examples/', import.meta.url));
  const names = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && existsSync(`${folder}${entry.name}/agents.yaml`),
  );
  return names.map(({ name }) => {
    const text = (file: string): string => readFileSync(`${folder}${name}/${file}`, 'utf8');
    const files = new Map([
      ['agents.yaml', text('agents.yaml')],
      ['tasks.yaml', text('tasks.yaml')],
    ]);
    const { document } = importCrew(files, { name });
    const inputs = Object.fromEntries(
      [...`${files.get('agents.yaml')}${files.get('tasks.yaml')}`.matchAll(/\{([a-z_]+)\}/g)].map((match) => [
        match[1] ?? '',
        'a value',
      ]),
    );
    return { title: `example ${name}`, document, inputs, skipped: [] };
  });
}

/** The templates that come with the product, but for those under `process: graph`. */
function templateGraphs(): ExportableGraph[] {
  const folder = fileURLToPath(new URL('../../examples/templates/', import.meta.url));
  return readdirSync(folder).flatMap((file) => {
    const document = graphDocumentSchema.parse(JSON.parse(readFileSync(`${folder}${file}`, 'utf8')));
    if (document.nodes.some(({ data }) => data.process === 'graph')) return [];
    const names = validateGraph(document, { offeredTools: EXPORTED_TOOLS }).inputs;
    const inputs = Object.fromEntries(names.map((name) => [name, 'a value']));
    // the model that pretends never says URGENT
    const skipped = file === 'support-triage.json' ? ['escalate'] : [];
    return [{ title: `template ${file}`, document, inputs, skipped }];
  });
}

/** All there are. */
export function exportableGraphs(): ExportableGraph[] {
  return [
    ...exampleGraphs(),
    ...templateGraphs(),
    ...NASTY_TEXTS.map((text, at) =>
      graph(
        `nasty ${at}: ${text.slice(0, 30)}`,
        [
          agent(`agent ${at} ${text}`.slice(0, 190), { role: text, goal: text, backstory: text }),
          task(`task ${at} ${text}`.slice(0, 190), { description: `${text} `, expected_output: text }),
          crew({ name: `n${text}` }),
        ],
        [
          {
            id: 'e',
            source: `agent ${at} ${text}`.slice(0, 190),
            target: `task ${at} ${text}`.slice(0, 190),
          },
        ],
      ),
    ),
    two('plain', {}),
    graph('an empty context', [agent('w'), task('a'), task('b', { context: [] })], edges('w>a', 'w>b')),
    graph(
      'a diamond, out of order',
      [task('d'), agent('w'), task('b'), task('c'), task('a')],
      edges('w>a', 'w>b', 'w>c', 'w>d', 'a>b', 'a>c', 'b>d', 'c>d'),
    ),
    graph(
      'asynchronous in the middle',
      [agent('w'), task('a'), task('b', { async_execution: true }), task('c')],
      edges('w>a', 'w>b', 'w>c', 'a>c', 'b>c'),
    ),
    graph(
      'asynchronous and strict',
      [agent('w'), task('a'), task('b', { async_execution: true }), task('c'), crew({ compat: 'strict' })],
      edges('w>a', 'w>b', 'w>c'),
    ),
    graph(
      'hierarchical with a model',
      [
        agent('w'),
        agent('v'),
        task('a'),
        task('b'),
        crew({ process: 'hierarchical', manager_llm: 'gpt-4o' }),
      ],
      edges('w>a', 'a>b'),
    ),
    graph(
      'hierarchical with a model and its settings',
      [
        agent('w'),
        task('a'),
        crew({ process: 'hierarchical', manager_llm: { model: 'gpt-4o', temperature: 0.2 } }),
      ],
      edges('w>a'),
    ),
    graph(
      'hierarchical with a manager',
      [
        agent('boss', { allow_delegation: true }),
        agent('w'),
        task('a'),
        crew({ process: 'hierarchical', manager_agent: 'boss' }),
      ],
      edges('w>a'),
    ),
    conditional('contains, and it does', 'yes', { contains: 'yes' }, true),
    conditional('contains, and it does not', 'no', { contains: 'it\'s "so"\\' }, false),
    conditional('not_contains', 'no', { not_contains: 'yes' }, true),
    conditional('matches', 'abc 123', { matches: '^[a-z]+ \\d+$' }, true),
    conditional('matches not', 'abc', { matches: '^\\d+$' }, false),
    conditional('json', '{"a/b": [{"ok": true}]}', { json: { path: '/a~1b/0/ok', equals: true } }, true),
    conditional('json, where 1 is not true', '{"ok": 1}', { json: { path: '/ok', equals: true } }, false),
    conditional('json of prose', 'prose', { json: { path: '', equals: 'prose' } }, false),
    two('a guardrail in words', { guardrail: 'It must say "done"; nothing else\\' }),
    two('a guardrail as a schema', {
      description: 'ANSWER {"title": "T"}',
      guardrail: { type: 'object', required: ['title'] },
      max_retries: 1,
    }),
    {
      ...two('a guardrail as a schema that refuses', {
        description: 'ANSWER {"title": 1}',
        guardrail: { type: 'object', properties: { title: { type: 'string' } } },
        max_retries: 1,
      }),
      fails: 'failed guardrail validation after 1 retries. Last error: $.title: 1 is not of type',
    },
    { ...two('output_json', { description: shaped, output_json: shape }), json: shapedAnswer },
    { ...two('output_pydantic', { description: shaped, output_pydantic: shape }), json: null },
    two('a model with settings', {}, { name: 'The first' }),
    graph(
      'agents with models',
      [agent('w', { llm: { model: 'openai/gpt-4o', temperature: 0.5, max_tokens: 100 } }), task('a')],
      edges('w>a'),
    ),
    graph(
      'agents with limits and other models',
      [
        agent('w', { llm: 'gpt-4o', max_iter: 3, max_execution_time: 60, fallback_models: ['gpt-4'] }),
        task('a'),
      ],
      edges('w>a'),
    ),
    graph(
      'tools of agents and tasks',
      [
        agent('w', { tools: ['hello_world', 'http_request', 'ask_human'] }),
        { id: 'the tool', type: 'tool', data: { name: 'current_time' } },
        task('a', { description: 'USE hello_world {"name": "Ada"}' }),
        task('b', { description: 'USE calculator {"expression": "2 ^ 3 + 1"}', tools: ['calculator'] }),
        task('c', { description: 'USE current_time {"timezone": "Europe/Berlin"}' }),
      ],
      edges('w>a', 'w>b', 'w>c', 'the tool>c'),
      { observed: ['Hello, Ada!', '9', ', Europe/Berlin)'] },
    ),
    graph(
      'a tool without Python',
      [agent('w', { tools: ['my_own'] }), task('a', { description: 'USE my_own {}' })],
      edges('w>a'),
      { observed: ["the tool 'my_own' has no Python yet"] },
    ),
    graph('delegation', [agent('w', { allow_delegation: true }), agent('v'), task('a')], edges('w>a')),
    graph(
      'variables',
      [agent('w', { role: 'Expert in {topic}' }), task('a', { description: 'Write on {topic}' })],
      edges('w>a'),
      { inputs: { topic: '{other} "x"' } },
    ),
    graph(
      'a person looks at it, fields beside, config',
      [
        agent('w', { verbose: false, max_retry_limit: 1, mood: 'x' }),
        task('a', { config: { markdown: true } }),
      ],
      edges('w>a'),
    ),
  ];
}
