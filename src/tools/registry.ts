import { z } from 'zod';
import type { ToolSpec } from '../domain/agent/messages.ts';
import { askHuman } from './ask-human.ts';
import { calculator } from './calculator.ts';
import { currentTime } from './current-time.ts';
import { helloWorld } from './hello-world.ts';
import type { Tool, ToolRegistry } from './tool.ts';

/** @param tools what is offered; the built-in ones unless said otherwise. Of two with one name the later counts. */
export function createToolRegistry(
  tools: readonly Tool[] = [askHuman, calculator, currentTime, helloWorld],
): ToolRegistry {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const specs = new Map([...byName.values()].map((tool) => [tool.name, toSpec(tool)]));
  return {
    names: () => [...byName.keys()].sort(),
    find: (name) => byName.get(name),
    specs: (names) => [...new Set(names)].flatMap((name) => specs.get(name) ?? []),
  };
}

/** `io: 'input'`: what has a default is optional for the model. Providers choke on `$schema`, so it goes. */
function toSpec(tool: Tool): ToolSpec {
  const { $schema: _, ...parameters } = z.toJSONSchema(tool.input, { io: 'input' });
  return { name: tool.name, description: tool.description, parameters };
}
