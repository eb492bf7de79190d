import { z } from 'zod';
import type { ToolSpec } from '../domain/agent/messages.ts';
import { askHuman } from './ask-human.ts';
import { calculator } from './calculator.ts';
import { currentTime } from './current-time.ts';
import { createGuardedFetch, type GuardedFetch } from './guarded-fetch.ts';
import { helloWorld } from './hello-world.ts';
import { httpRequest } from './http-request.ts';
import type { Tool, ToolRegistry } from './tool.ts';

/** The tools that ship with the program. */
export const builtInTools = (fetch: GuardedFetch = createGuardedFetch({ allowPrivate: false })): Tool[] => [
  askHuman,
  calculator,
  currentTime,
  helloWorld,
  httpRequest(fetch),
];

/**
 * @param tools what is offered; the built-in ones unless said otherwise. Of two with one name the later counts.
 * @param more what else is offered at the moment; it never hides one of `tools`
 */
export function createToolRegistry(
  tools: readonly Tool[] = builtInTools(),
  more: () => readonly Tool[] = () => [],
): ToolRegistry {
  const fixed = new Map(tools.map((tool) => [tool.name, tool]));
  const specs = new WeakMap<Tool, ToolSpec>();
  const find = (name: string): Tool | undefined =>
    fixed.get(name) ?? more().find((tool) => tool.name === name);
  const specOf = (tool: Tool): ToolSpec => {
    const spec = specs.get(tool) ?? toSpec(tool);
    specs.set(tool, spec);
    return spec;
  };
  return {
    names: () => [...new Set([...fixed.keys(), ...more().map((tool) => tool.name)])].sort(),
    find,
    specs: (names) =>
      [...new Set(names)].flatMap((name) => {
        const tool = find(name);
        return tool === undefined ? [] : specOf(tool);
      }),
  };
}

/** `io: 'input'`: what has a default is optional for the model. Providers choke on `$schema`, so it goes. */
function toSpec(tool: Tool): ToolSpec {
  const { $schema: _, ...parameters } = tool.inputSchema ?? z.toJSONSchema(tool.input, { io: 'input' });
  return { name: tool.name, description: tool.description, parameters };
}
