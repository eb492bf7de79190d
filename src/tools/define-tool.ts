import type { Tool } from './tool.ts';

/**
 * Makes a tool whose `execute` knows its input's type fit the registry, which knows none: what comes in is
 * checked against the tool's own schema once more.
 */
export function defineTool<Input>(tool: Tool<Input>): Tool {
  return { ...tool, execute: (input, context) => tool.execute(tool.input.parse(input), context) };
}
