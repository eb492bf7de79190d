import { z } from 'zod';
import '../contracts/plain-messages.ts';
import { lostNumberAdvice, lostNumbers, parseForWriting } from '../domain/exact-numbers.ts';
import type { Tool, ToolContext, ToolRegistry } from './tool.ts';

/** More than this would crowd everything else out of a model's context. In bytes of UTF-8. */
export const MAX_TOOL_OUTPUT_BYTES = 100 * 1024;

/** `ran`: the tool itself failed, in words that may be anybody's; else the call never came to it. */
export type ToolOutcome = { ok: true; output: string } | { ok: false; ran: boolean; error: string };

/**
 * Makes one tool call as a model wrote it. Whatever is wrong with it comes back as a text the model can act
 * upon; only the caller's abort is thrown, as the signal's own reason.
 *
 * @param argumentsJson the raw text of the model, possibly malformed; empty counts as `{}`.
 */
export async function callTool(
  registry: ToolRegistry,
  name: string,
  argumentsJson: string,
  context: ToolContext,
): Promise<ToolOutcome> {
  context.signal.throwIfAborted();
  const read = await readArguments(registry, name, argumentsJson);
  if (!read.ok) return { ...read, ran: false };
  try {
    return { ok: true, output: capped(await read.tool.execute(read.input, context), MAX_TOOL_OUTPUT_BYTES) };
  } catch (error) {
    context.signal.throwIfAborted();
    return {
      ok: false,
      ran: true,
      error: capped(`The tool ${name} failed: ${messageOf(error)}`, MAX_TOOL_OUTPUT_BYTES),
    };
  }
}

/** A call's tool and arguments, checked against its schema, or what is wrong, in words the model can act upon. */
export async function readArguments(
  registry: ToolRegistry,
  name: string,
  argumentsJson: string,
): Promise<{ ok: true; tool: Tool; input: unknown } | { ok: false; error: string }> {
  const tool = registry.find(name);
  if (tool === undefined) {
    return {
      ok: false,
      error: `There is no tool "${name}". The tools are: ${registry.names().join(', ') || 'none'}.`,
    };
  }
  const given = parseArguments(argumentsJson);
  if (!given.ok)
    return {
      ok: false,
      error: `The arguments of ${name} are not valid JSON (${given.why}). Send one JSON object.`,
    };
  const lost = lostNumbers(argumentsJson);
  // Its server checks what it is sent anyway, and reads numbers as it will.
  if (lost.length > 0 && tool.passesNumbersOn === true && isObject(given.value))
    return { ok: true, tool, input: parseForWriting(argumentsJson) };
  if (lost.length > 0) {
    const listed = lost.map(({ path, source }) => `- at ${path || 'the top'}: ${lostNumberAdvice(source)}`);
    return { ok: false, error: `The arguments of ${name} cannot be used:\n${listed.join('\n')}` };
  }
  const input = await tool.input.safeParseAsync(given.value);
  if (!input.success) {
    const schema = JSON.stringify(registry.specs([name])[0]?.parameters ?? {});
    return {
      ok: false,
      error: `The arguments do not fit the tool ${name}:\n${z.prettifyError(input.error)}\nIts JSON schema is ${schema}`,
    };
  }
  return { ok: true, tool, input: input.data };
}

function parseArguments(text: string): { ok: true; value: unknown } | { ok: false; why: string } {
  if (text.trim() === '') return { ok: true, value: {} };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, why: messageOf(error) };
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** At most `limit` bytes of UTF-8, the notice that something was cut included; no character is cut in two. */
function capped(text: string, limit: number): string {
  const size = Buffer.byteLength(text);
  if (size <= limit) return text;
  const notice = `\n… [cut here: the whole output has ${size} bytes]`;
  const room = new Uint8Array(limit - Buffer.byteLength(notice));
  const { read } = new TextEncoder().encodeInto(text, room);
  return text.slice(0, read) + notice;
}
