import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { createCrewCatalogue } from '../../src/crews/crew-catalogue.ts';
import { mentionOf } from '../../src/models/demo-arguments.ts';
import { interpolate, missingInputs } from '../../src/domain/plan/interpolate.ts';
import { createToolRegistry } from '../../src/tools/registry.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const catalogue = createCrewCatalogue(examples, createToolRegistry().names());

describe('the examples', () => {
  it('are the three that are spoken of', () => {
    expect(catalogue.list()).toEqual(['code-review', 'content-pipeline', 'research']);
  });

  it.each(catalogue.list())(
    '%s is a valid crew without warnings, complete with inputs and a README',
    (name) => {
      const { plan, exampleInputs, warnings } = catalogue.load(name);
      expect(warnings).toEqual([]);
      expect(missingInputs(plan, exampleInputs)).toEqual([]);
      expect(Object.keys(exampleInputs).sort()).toEqual(plan.inputs);
      expect(plan.agents.length).toBeGreaterThanOrEqual(2);
      expect(plan.tasks.length).toBeGreaterThanOrEqual(3);
      expect(existsSync(`${examples}/${name}/README.md`)).toBe(true);
    },
  );

  it.each(catalogue.list())('%s has no brace left once its inputs are filled in', (name) => {
    const { plan } = catalogue.load(name);
    const nothing = Object.fromEntries(plan.inputs.map((input) => [input, '']));
    const texts = [
      ...plan.agents.flatMap((agent) => [agent.role, agent.goal, agent.backstory]),
      ...plan.tasks.flatMap((task) => [task.description, task.expectedOutput]),
    ];
    for (const text of texts) expect(interpolate(text, nothing)).not.toMatch(/[{}]/);
  });

  it.each(catalogue.list())(
    '%s asks for each tool an agent has in the words the demo understands',
    (name) => {
      const { plan } = catalogue.load(name);
      for (const agent of plan.agents) {
        const said = plan.tasks.filter((task) => task.agentKey === agent.key).map((task) => task.description);
        for (const tool of agent.tools) expect(said.some((text) => mentionOf(tool).test(text))).toBe(true);
      }
      expect(plan.agents.flatMap((agent) => agent.tools).length).toBeGreaterThan(0);
    },
  );
});
