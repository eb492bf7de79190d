import type { z } from 'zod';
import type { ToolSpec } from '../domain/agent/messages.ts';
import type { JsonObject } from '../domain/json.ts';

/** What a tool may lean on while it runs. */
export interface ToolContext {
  /** The same over all attempts of this call: pass it on to whatever the tool writes to. */
  idempotencyKey: string;
  signal: AbortSignal;
  now: () => Date;
}

/** One tool, one file. `execute` gets arguments that already fit `input` and answers with the text the model reads. */
export interface Tool<Input = unknown> {
  name: string;
  description: string;
  input: z.ZodType<Input>;
  /** The JSON Schema that models and people are shown; made from `input` when left out. */
  inputSchema?: JsonObject;
  /** False when a second call with the same key could do a thing twice; such a call is never blindly repeated. */
  idempotent: boolean;
  /**
   * True for a tool that writes its input as JSON again: numbers of the model's that JavaScript cannot hold then reach
   * `execute` as `JSON.rawJSON`, unchecked by `input`. Others never see such a number.
   */
  passesNumbersOn?: boolean;
  /** The MCP server it comes from; left out for a built-in one. */
  server?: string;
  execute(input: Input, context: ToolContext): Promise<string>;
}

/** The tools this process offers, by name. What MCP servers offer comes and goes. */
export interface ToolRegistry {
  names(): string[];
  find(name: string): Tool | undefined;
  /** As models are told of them; unknown names are left out. */
  specs(names: readonly string[]): ToolSpec[];
}
