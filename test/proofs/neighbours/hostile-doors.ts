import type { ChatRequest, Reply } from '../../support/scripted-model.ts';
import { hangs, says, slowly } from '../../support/scripted-model.ts';

/** Every way in which one user can make this program compute, and the worst that can be sent through each. */

/** What a door is attacked with: requests in the attacker's name. */
export interface Attacker {
  send: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>;
  /** Stores a graph. @returns its id */
  graph: (document: object) => Promise<string>;
  /** Stores a flow under a name of its own. @returns its path */
  flow: (definition: object) => Promise<string>;
  /** Starts something at a path and waits until it is over. @returns `status error_code` */
  runToEnd: (path: string, body: unknown) => Promise<string>;
}

export interface Door {
  /** What is made once, before the attack. */
  prepare?: (attacker: Attacker) => Promise<string>;
  /** One attack. @returns how it was answered */
  attack(attacker: Attacker, prepared: string): Promise<string>;
  /** The answers that are right. */
  expected: RegExp;
}

/** Linear, with a constant that is not: 900 copies of a class. */
const PATTERN = '(?:[a-z]{0,30}){0,30}[0-9]$';
const LETTERS = 'a'.repeat(40_000);
const LETTERS_MESSAGE = { content: LETTERS };
const LETTERS_STATE = { text: LETTERS };
const LONG_INPUTS = { inputs: { a: 'x'.repeat(900_000) } };
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
/** Complaints of a schema check list what would have been right. */
const longChoices = (count: number, characters: number): string[] =>
  numbers(count).map((index) => index + 'x'.repeat(characters));

const asked = (question: object): object => ({
  content: 'q',
  agent_type: 'hostile',
  requires_user_input: true,
  message_metadata: { question },
});

const worker = { id: 'w', type: 'agent', data: { role: 'r', goal: 'g', backstory: 'b' } };
const task = (id: string, description: string, more: object = {}) => ({
  id,
  type: 'task',
  data: { description, expected_output: 'x', agent: 'w', ...more },
});
const graphOf = (...nodes: object[]): object => ({ name: 'hostile', nodes: [worker, ...nodes], edges: [] });
/** As large as a graph may be sent: 9,000 tasks, each with the three before it as its context. */
const largeGraph = (): object => ({
  name: 'large',
  nodes: [worker, ...numbers(9_000).map((n) => task(`t${n}`, `Step ${n} of {topic}`))],
  edges: numbers(9_000).flatMap((n) =>
    [1, 2, 3].flatMap((back) => (n < back ? [] : [{ source: `t${n - back}`, target: `t${n}` }])),
  ),
});

const flowOf = (methods: object, list: number[] = [], state?: object): object => ({
  schema: 'crewai.flow/v1',
  name: 'Hostile',
  state: state ?? { type: 'dict', default: { list } },
  methods,
});
const expressionFlow = (expression: string): object =>
  flowOf({ one: { start: true, do: { call: 'expression', expr: expression } } }, numbers(200));

/** Each stays under the time of one expression; together they would take minutes. */
const SLOW_EXPRESSION = 'state.list.filter(a, state.list.exists(b, a * b == -1)).size()';
const eachFlow = (): object =>
  flowOf(
    {
      one: {
        start: true,
        do: {
          call: 'each',
          in: 'state.list.filter(a, a < 200)',
          do: numbers(20).map((n) => ({
            name: `s${n}`,
            action: { call: 'expression', expr: SLOW_EXPRESSION },
          })),
        },
      },
    },
    numbers(330),
  );

/** Made when it is wanted first, and the same from then on. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const answerOf = async (sent: Promise<{ status: number }>): Promise<string> => String((await sent).status);
/** Sends the same body again and again. */
const posts = (path: string, make: () => object): Pick<Door, 'attack'> => {
  const body = once(make);
  return { attack: ({ send }) => answerOf(send('POST', path, body())) };
};
const refOf = (count: number): object => ({
  type: 'object',
  $defs: { e: { enum: longChoices(100, 500) } },
  properties: { a: { type: 'array', items: { allOf: numbers(count).map(() => ({ $ref: '#/$defs/e' })) } } },
});

const executes = (document: () => object, expected: RegExp, inputs: object = {}): Door => ({
  prepare: (attacker) => attacker.graph(document()),
  attack: (attacker, graph) => attacker.runToEnd(`/api/v1/graphs/${graph}/execute`, { inputs }),
  expected,
});
const flows = (definition: () => object, expected: RegExp): Door => ({
  prepare: (attacker) => attacker.flow(definition()),
  attack: (attacker, path) => attacker.runToEnd(`/api/v1/${path}/execute`, {}),
  expected,
});

export const HOSTILE_DOORS = {
  'a question whose schema lists its choices': {
    ...posts('/api/v1/messages/agent', () =>
      asked({
        schema: { type: 'array', items: { enum: longChoices(100, 7_000) } },
        default: numbers(8_000),
      }),
    ),
    expected: /^422$/,
  },
  'a question with a pattern for its default': {
    ...posts('/api/v1/messages/agent', () =>
      asked({ schema: { type: 'string', pattern: PATTERN }, default: LETTERS }),
    ),
    expected: /^(422|429)$/,
  },
  'an answer to a question with a pattern': {
    async prepare({ send }) {
      const said = await send(
        'POST',
        '/api/v1/messages/agent',
        asked({ schema: { type: 'string', pattern: PATTERN } }),
      );
      return String(Reflect.get(Object(said.body), 'agent_instance_id'));
    },
    attack: ({ send }, instance) =>
      answerOf(send('POST', `/api/v1/agent-instances/${instance}/messages`, LETTERS_MESSAGE)),
    expected: /^(422|429)$/,
  },
  'a graph as large as may be, validated': {
    ...posts('/api/v1/graphs/validate', () => largeGraph()),
    expected: /^(200|422|429)$/,
  },
  'a graph with thousands of patterns, validated': {
    ...posts('/api/v1/graphs/validate', () =>
      graphOf(
        task('t', 'd', {
          output_json: {
            type: 'object',
            properties: Object.fromEntries(numbers(1_900).map((n) => [`p${n}`, { pattern: PATTERN }])),
          },
        }),
      ),
    ),
    expected: /^(200|422|429)$/,
  },
  'a graph as large as may be, exported': {
    prepare: (attacker) => attacker.graph(largeGraph()),
    attack: ({ send }, graph) => answerOf(send('GET', `/api/v1/graphs/${graph}/export?format=crewai`)),
    expected: /^(200|422|429)$/,
  },
  'a graph as large as may be, stored': {
    ...posts('/api/v1/graphs', () => largeGraph()),
    expected: /^(201|409|429)$/,
  },
  'a graph as large as may be, executed': {
    prepare: (attacker) => attacker.graph(largeGraph()),
    attack: ({ send }, graph) =>
      answerOf(send('POST', `/api/v1/graphs/${graph}/execute`, { inputs: { topic: 'tea' } })),
    expected: /^(202|429)$/,
  },
  'a crew imported from deep and wide YAML': {
    ...posts('/api/v1/graphs/import', () => ({
      files: {
        'agents.yaml': `a: ${'['.repeat(3_000)}\n`,
        'tasks.yaml': numbers(15_000)
          .map((n) => `t${n}: {description: d, expected_output: e, agent: a}`)
          .join('\n'),
      },
    })),
    expected: /^(422|429)$/,
  },
  'a flow with hundreds of long expressions, uploaded': {
    ...posts('/api/v1/flows', () => ({
      definition: flowOf(
        Object.fromEntries(
          numbers(200).map((n) => [
            `m${n}`,
            {
              start: true,
              do: {
                call: 'tool',
                ref: 'calculator',
                with: { expression: `\${1+${'1+'.repeat(200)}1} `.repeat(8) },
              },
            },
          ]),
        ),
      ),
    })),
    expected: /^(201|409|422|429)$/,
  },
  'a flow whose state has a pattern, started': {
    prepare: (attacker) =>
      attacker.flow(
        flowOf({ one: { start: true, do: { call: 'expression', expr: '1' } } }, [], {
          type: 'json_schema',
          json_schema: { type: 'object', properties: { text: { type: 'string', pattern: PATTERN } } },
        }),
      ),
    attack: ({ send }, path) => answerOf(send('POST', `/api/v1/${path}/execute`, LETTERS_STATE)),
    expected: /^(422|429)$/,
  },
  'knowledge of a million characters': {
    ...posts('/api/v1/knowledge', () => ({
      name: 'large',
      kind: 'csv',
      content: `a,b\n${'"x,y",z\n'.repeat(85_000)}`,
    })),
    expected: /^(201|409|422|429)$/,
  },
  'inputs that would make a text of gigabytes': {
    prepare: (attacker) => attacker.graph(graphOf(task('t', '{a}'.repeat(100_000)))),
    attack: ({ send }, graph) => answerOf(send('POST', `/api/v1/graphs/${graph}/execute`, LONG_INPUTS)),
    expected: /^422$/,
  },
  'each over 200 items and 20 expressions': flows(eachFlow, /^failed COMPUTATION_LIMIT$/),
  'each whose results are large': flows(
    () =>
      flowOf(
        {
          one: {
            start: true,
            do: {
              call: 'each',
              in: 'state.list',
              do: [{ name: 's', action: { call: 'expression', expr: 'state.big' } }],
            },
          },
        },
        [],
        { type: 'dict', default: { list: numbers(200), big: 'x'.repeat(900_000) } },
      ),
    /^failed COMPUTATION_LIMIT$/,
  ),
  'a template that makes a long text of a short one': flows(
    () =>
      flowOf(
        {
          one: {
            start: true,
            do: { call: 'tool', ref: 'calculator', with: { expression: `a${'${state.big}'.repeat(200)}` } },
          },
        },
        [],
        { type: 'dict', default: { big: 'x'.repeat(900_000) } },
      ),
    /^failed (COMPUTATION_LIMIT|STEP_FAILED)$/,
  ),
  'an expression without an end': flows(
    () =>
      expressionFlow(
        'state.list.map(a, state.list.map(b, state.list.map(c, state.list.filter(d, a + b + c + d < 0)))).size()',
      ),
    /^failed COMPUTATION_LIMIT$/,
  ),
  'an expression that wants all memory': flows(
    () =>
      expressionFlow(
        'state.list.map(a, state.list.map(b, state.list.map(c, string(a) + string(b) + string(c))))',
      ),
    /^failed (COMPUTATION_LIMIT|STEP_FAILED)$/,
  ),
  'an output_json of three hundred references': executes(
    () => graphOf(task('t', 'SAY-LIST', { output_json: refOf(300) })),
    /^failed (OUTPUT_INVALID|COMPUTATION_LIMIT)$/,
  ),
  'a guardrail with a pattern': executes(
    () =>
      graphOf(
        task('t', 'SAY-LETTERS', {
          guardrail: { type: 'object', properties: { a: { type: 'string', pattern: PATTERN } } },
          guardrail_max_retries: 0,
        }),
      ),
    /^failed (GUARDRAIL_FAILED|COMPUTATION_LIMIT)$/,
  ),
  'a condition with a pattern over a long output': executes(
    () => ({
      ...graphOf(task('one', 'SAY-LONG'), task('two', 'd', { condition: { matches: PATTERN } })),
      edges: [{ source: 'one', target: 'two' }],
    }),
    /^failed COMPUTATION_LIMIT$/,
  ),
} as const satisfies Record<string, Door>;

/**
 * What the model says to whom; everybody else is answered at once. A large graph's tasks are answered at the pace of a fast
 * model: what the machine carries of runs whose model needs no time is the benches' question.
 */
export function hostileModel({ messages }: ChatRequest): Reply {
  const text = messages.map(({ content }) => content ?? '').join('\n');
  if (text.includes('SAY-LIST')) return says(JSON.stringify({ a: numbers(400) }));
  if (text.includes('SAY-LETTERS')) return says(JSON.stringify({ a: LETTERS }));
  if (text.includes('SAY-LONG')) return says('a'.repeat(200_000));
  if (text.includes('SAY-NOTHING')) return hangs();
  if (/Step \d+ of/.test(text)) return slowly('done', { chunks: 2, chunkMs: 250 });
  return says('done');
}
