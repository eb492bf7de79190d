import type { TestStack } from './test-stack.ts';

/** Declarative flows for tests, as people write them. */

/** A crew, a router that reads its verdict, and a method that only one of its events sets off. */
export const RESEARCH = `
schema: crewai.flow/v1
name: ResearchReviewFlow
description: Researches a topic and decides whether it needs a follow-up.
state:
  type: json_schema
  json_schema:
    type: object
    properties:
      topic: {type: string, minLength: 1}
      audience: {type: string}
    required: [topic, audience]
  default: {audience: everybody}
methods:
  research:
    start: true
    do:
      call: crew
      with:
        agents:
          researcher: {role: Researcher, goal: "Research {topic}", backstory: Thorough.}
        tasks:
          - {name: find, description: "Research {topic} for {audience}.", expected_output: Findings., agent: researcher}
        inputs: {audience: nobody}
      inputs:
        topic: "\${state.topic}"
        audience: "\${state.audience}"
  route:
    listen: research
    router: true
    emit: [followup, done]
    do:
      call: agent
      with:
        role: Router
        goal: "Return followup or done."
        input: "Reviewed: \${outputs.research.raw}"
  write:
    listen: followup
    do:
      call: agent
      with:
        role: Writer
        goal: Write
        tools: [calculator]
        llm: {model: openai/gpt-4o, temperature: 0.2}
        input: "Follow up on \${outputs.research.raw} for {nobody}"
`;

/** A loop through a person, tools, lists, and a join. */
export const REVIEW = `
schema: crewai.flow/v1
name: Order review
state:
  type: dict
  default: {orders: [{id: a, lines: [2, 3]}, {id: b, lines: []}, {id: c, lines: [4]}]}
config: {max_method_calls: 5}
methods:
  totals:
    start: true
    do:
      call: each
      in: state.orders
      do:
        - name: sum
          if: size(item.lines) > 0
          action: {call: tool, ref: calculator, with: {expression: "\${item.lines.map(n, string(n))[0]} + 1"}}
        - name: shown
          if: size(item.lines) > 0
          action: {call: expression, expr: 'item.id + "=" + outputs.sum'}
  count:
    start: true
    do: {call: expression, expr: 'size(state.orders)'}
  joined:
    listen: {and: [totals, count]}
    do: {call: expression, expr: '{"totals": outputs.totals, "count": outputs.count}'}
  review:
    listen: {or: [joined, again]}
    do: {call: expression, expr: '"Orders: " + string(outputs.count)'}
    human_feedback:
      message: Is this right?
      emit: [approved, again_please]
      default_outcome: again_please
  again:
    listen: again_please
    do: {call: expression, expr: 'outputs.review.feedback'}
  publish:
    listen: approved
    do:
      call: expression
      expr: '{"text": outputs.review.output, "said": outputs.review.feedback, "all": outputs.joined.totals}'
`;

/** The smallest there is. */
export const ANNAS_FLOW = {
  schema: 'crewai.flow/v1',
  name: 'annas-flow',
  methods: { a: { start: true, do: { call: 'expression', expr: '1' } } },
};

/** Two questions to a model in one step. */
export const KILLED = `
schema: crewai.flow/v1
name: KilledFlow
methods:
  each:
    start: true
    do:
      call: each
      in: '["a", "b"]'
      do:
        - {name: ask, action: {call: agent, with: {role: R, goal: G, input: "Say \${item}"}}}
        - {name: text, action: {call: expression, expr: outputs.ask.raw}}
  last: {listen: each, do: {call: expression, expr: '{"all": outputs.each}'}}
`;

/** Uploads a flow as YAML. */
export async function upload(
  stack: TestStack,
  yaml: string,
  { method = 'POST', path = '', token = stack.api.admin.token } = {},
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(`${stack.api.url}/api/v1/flows${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/yaml' },
    body: yaml,
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}
