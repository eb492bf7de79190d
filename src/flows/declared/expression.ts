import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { isHeldExactly } from '../../domain/exact-numbers.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { StepFailure } from '../step-work.ts';

/**
 * Expressions of declared flows: CEL, as CrewAI has them, evaluated by a library that knows neither functions of ours nor
 * of JavaScript. Bounded in text, in nesting and in what comes out; their time is bounded by whoever evaluates them
 * (`src/computing`).
 */

const MAX_CHARACTERS = 2_000;
/** `map`, `filter` and the like in one expression: each may go over a whole list, and inside each other they multiply. */
const MAX_LOOPS = 4;
/** Of the result: texts by their length, everything else as one. */
const MAX_RESULT_SIZE = 1_000_000;
const LOOPS = new Set(['map', 'filter', 'all', 'exists', 'exists_one']);

/** Names an expression may begin with. */
export type Root = 'state' | 'outputs' | 'item';

/** What expressions of one step see. */
export interface ExpressionScope {
  readonly values: Readonly<Record<string, unknown>>;
  readonly now: Date;
}

/** Thrown for an expression that cannot be read, or whose value cannot be worked out. */
export class ExpressionError extends StepFailure {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExpressionError';
  }
}

/** Readies JSON values for expressions: whole numbers become CEL's int. */
export const expressionScope = (values: JsonObject, now: Date): ExpressionScope => ({
  values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toCel(value)])),
  now,
});

/** The same scope with one more name. */
export const withValues = (scope: ExpressionScope, more: JsonObject): ExpressionScope => ({
  ...scope,
  values: { ...scope.values, ...expressionScope(more, scope.now).values },
});

function toCel(value: JsonValue): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toCel(inner)]));
}

const LIMITS = { maxAstNodes: 500, maxDepth: 40, maxListElements: 100, maxMapEntries: 100 };

function environment(now: Date): Environment {
  return new Environment({
    homogeneousAggregateLiterals: false,
    unlistedVariablesAreDyn: true,
    limits: LIMITS,
  })
    .registerFunction('now(): google.protobuf.Timestamp', () => now)
    .registerFunction('string(google.protobuf.Timestamp): string', (time: Date) => time.toISOString());
}

/** To read expressions with; the time does not matter then. */
const reader = environment(new Date(0));

/** @returns what is wrong with an expression, null when it can be evaluated */
export function expressionProblem(source: string, roots: readonly Root[]): string | null {
  if (source.length > MAX_CHARACTERS) return `an expression has ${MAX_CHARACTERS} characters at most`;
  if (source.trim() === '') return 'an expression is missing, such as state.topic or outputs.step_name';
  let ast: ASTNode;
  try {
    ast = reader.parse(source).ast;
  } catch (error) {
    return `not a CEL expression: ${firstLine(error)}`;
  }
  const seen = look(ast, new Set<string>(roots));
  if (seen.loops > MAX_LOOPS) return `an expression has ${MAX_LOOPS} of ${[...LOOPS].join(', ')} at most`;
  const [unknown] = seen.unknown;
  if (unknown !== undefined) return `"${unknown}" is not known here: begin with ${roots.join(', ')}`;
  const checked = reader.check(source);
  return checked.valid ? null : `not a CEL expression: ${firstLine(checked.error)}`;
}

interface Seen {
  loops: number;
  unknown: string[];
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

/** Walks a parsed expression. @param known names that stand for something, of loops too */
function look(node: ASTNode, known: ReadonlySet<string>): Seen {
  if (node.op === 'value') return { loops: 0, unknown: [] };
  if (node.op === 'id') return { loops: 0, unknown: known.has(node.args) ? [] : [node.args] };
  if (node.op === 'rcall' && LOOPS.has(node.args[0])) {
    const [, list, [name, ...bodies]] = node.args;
    const inner = new Set(known);
    if (name?.op === 'id') inner.add(name.args);
    return sum([{ loops: 1, unknown: [] }, look(list, known), ...bodies.map((body) => look(body, inner))]);
  }
  return sum(nodesIn(node.args).map((child) => look(child, known)));
}

const nodesIn = (args: unknown): ASTNode[] =>
  isNode(args) ? [args] : Array.isArray(args) ? args.flatMap(nodesIn) : [];

const sum = (all: readonly Seen[]): Seen => ({
  loops: all.reduce((loops, one) => loops + one.loops, 0),
  unknown: all.flatMap((one) => one.unknown),
});

/**
 * The value of an expression. Takes as long as it takes: to be called in a computing process only.
 * @throws {ExpressionError} when there is none
 */
export function evaluate(source: string, scope: ExpressionScope): JsonValue {
  try {
    const value = environment(scope.now).evaluate(source, { ...scope.values });
    return toJson(value, { left: MAX_RESULT_SIZE });
  } catch (error) {
    // too deep, or too long a text: not the expression's doing alone
    if (error instanceof RangeError && /Maximum call stack|length|allocation/.test(error.message))
      throw error;
    throw new ExpressionError(`the expression ${shortened(source)} has no value: ${firstLine(error)}`, {
      cause: error,
    });
  }
}

function toJson(value: unknown, size: { left: number }): JsonValue {
  size.left -= typeof value === 'string' ? value.length + 1 : 1;
  if (size.left < 0) throw new ExpressionError(`its value is larger than ${MAX_RESULT_SIZE} characters`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return toNumber(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => toJson(item, size));
  const entries = value instanceof Map ? [...value] : isPlain(value) ? Object.entries(value) : null;
  if (entries === null)
    throw new ExpressionError('its value is nothing that JSON can hold: make it a string()');
  return Object.fromEntries(entries.map(([name, inner]) => [String(name), toJson(inner, size)]));
}

function toNumber(value: number | bigint): number {
  const number = Number(value);
  if (!Number.isFinite(number)) throw new ExpressionError('its value is a number that JSON cannot hold');
  if (typeof value === 'bigint' && !isHeldExactly(String(value)))
    throw new ExpressionError(`its value ${value} is too large to be kept exactly: make it a string()`);
  return number;
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value));

const MAX_SHOWN = 200;
const shortened = (source: string): string =>
  source.length > MAX_SHOWN ? `${source.slice(0, MAX_SHOWN).toWellFormed()}…` : source;

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
