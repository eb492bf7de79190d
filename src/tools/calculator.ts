import jsep from 'jsep';
import { z } from 'zod';
import { assertNever } from '../domain/errors.ts';
import { isHeldExactly } from '../domain/exact-numbers.ts';
import { defineTool } from './define-tool.ts';

/** Longer and deeper than any calculation a task needs; both bound the work of one call. */
const MAX_LENGTH = 500;
const MAX_DEPTH = 60;

const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ['pi', Math.PI],
  ['e', Math.E],
]);

const FUNCTIONS: ReadonlyMap<
  string,
  { parameters: [least: number, most: number]; apply: (...values: number[]) => number }
> = new Map([
  ['abs', { parameters: [1, 1], apply: Math.abs }],
  ['ceil', { parameters: [1, 1], apply: Math.ceil }],
  ['exp', { parameters: [1, 1], apply: Math.exp }],
  ['floor', { parameters: [1, 1], apply: Math.floor }],
  ['ln', { parameters: [1, 1], apply: Math.log }],
  ['log10', { parameters: [1, 1], apply: Math.log10 }],
  ['log2', { parameters: [1, 1], apply: Math.log2 }],
  ['max', { parameters: [1, 100], apply: Math.max }],
  ['min', { parameters: [1, 100], apply: Math.min }],
  ['round', { parameters: [1, 2], apply: round }],
  ['sqrt', { parameters: [1, 1], apply: Math.sqrt }],
  ['sin', { parameters: [1, 1], apply: Math.sin }],
  ['cos', { parameters: [1, 1], apply: Math.cos }],
  ['tan', { parameters: [1, 1], apply: Math.tan }],
]);

/** Marks what stood in parentheses, which the parser forgets: (-2)^2 is 4, -2^2 is -4. No identifier may hold `$`. */
const GROUP = '$group';

const NAMES = [...FUNCTIONS.keys(), ...CONSTANTS.keys()];
const UNDERSTOOD = `numbers, + - * / % ^, parentheses, ${NAMES.join(', ')}`;

export const calculator = defineTool({
  name: 'calculator',
  description: `Works out an arithmetic expression. It understands ${UNDERSTOOD}.`,
  input: z.object({
    expression: z.string().min(1).max(MAX_LENGTH).describe('For example: (1200 * 1.19 - 80) / 3'),
  }),
  idempotent: true,
  // async so that a bad expression is a rejection like any other failure of a tool
  execute: async ({ expression }) => calculate(expression),
});

/** Everything the parser may hand over; anything else in a tree is refused. */
type Node =
  | { type: 'Literal'; value: number; raw: string }
  | { type: 'Identifier'; name: string }
  | { type: 'UnaryExpression'; operator: '+' | '-'; argument: Node }
  | { type: 'BinaryExpression'; operator: '+' | '-' | '*' | '/' | '%' | '**'; left: Node; right: Node }
  | { type: 'CallExpression'; callee: { type: 'Identifier'; name: string }; arguments: Node[] };

const identifier = z.object({ type: z.literal('Identifier'), name: z.string() });
const node: z.ZodType<Node> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Literal'), value: z.number(), raw: z.string() }),
  identifier,
  z.object({
    type: z.literal('UnaryExpression'),
    operator: z.enum(['+', '-']),
    argument: z.lazy(() => node),
  }),
  z.object({
    type: z.literal('BinaryExpression'),
    operator: z.enum(['+', '-', '*', '/', '%', '**']),
    left: z.lazy(() => node),
    right: z.lazy(() => node),
  }),
  z.object({ type: z.literal('CallExpression'), callee: identifier, arguments: z.array(z.lazy(() => node)) }),
]);

/** @throws {Error} whose message tells a model what to write instead. */
function calculate(expression: string): string {
  if (/[$!~]|\*\*/.test(expression)) throw notUnderstood(expression);
  if (nesting(expression) > MAX_DEPTH)
    throw new Error(`the expression is nested more than ${MAX_DEPTH} deep`);
  const written = expression.replaceAll(/(?<![\w)]\s*)\(/g, `${GROUP}(`).replaceAll('^', '**');
  let tree: unknown;
  try {
    tree = jsep(written);
  } catch (error) {
    throw notUnderstood(expression, error);
  }
  const parsed = node.safeParse(tree);
  if (!parsed.success) throw notUnderstood(expression);
  const value = evaluate(parsed.data);
  if (!Number.isFinite(value)) {
    throw new Error(
      `"${expression}" has no finite result: a division by zero, a root of a negative number, or too large`,
    );
  }
  // 15 digits are what a double holds for certain: 0.1 + 0.2 is 0.3
  const exact = Number.isSafeInteger(value) ? value : Number(value.toPrecision(15));
  // Written so that nobody takes the zeros at its end for digits.
  if (Math.abs(exact) > Number.MAX_SAFE_INTEGER) return exact.toExponential();
  return String(exact === 0 ? 0 : exact);
}

const notUnderstood = (expression: string, cause?: unknown): Error =>
  new Error(
    `"${expression}" is not understood. Write one expression of ${UNDERSTOOD}; no units, no thousands separators`,
    {
      cause,
    },
  );

/** The most parentheses open at once, signs in a row counted alike: both make the parser recurse. */
function nesting(expression: string): number {
  let open = 0;
  let deepest = 0;
  for (const character of expression) {
    if (character === '(') open += 1;
    else if (character === ')') open -= 1;
    deepest = Math.max(deepest, open);
  }
  const signs = (expression.match(/[+-](?:\s*[+-])+/g) ?? []).map((run) => run.length);
  const powers = expression.split('^').length - 1;
  return Math.max(deepest, powers, ...signs);
}

function evaluate(tree: Node): number {
  switch (tree.type) {
    case 'Literal':
      if (!isHeldExactly(tree.raw))
        throw new Error(`${tree.raw} has more digits than the calculator holds (about 15)`);
      return tree.value;
    case 'Identifier': {
      const value = CONSTANTS.get(tree.name.toLowerCase());
      if (value === undefined)
        throw new Error(`"${tree.name}" is not known. The calculator understands ${UNDERSTOOD}`);
      return value;
    }
    case 'UnaryExpression':
      return tree.operator === '-' ? -evaluate(tree.argument) : evaluate(tree.argument);
    case 'BinaryExpression':
      return tree.operator === '**'
        ? power(tree.left, tree.right)
        : binary(tree.operator, evaluate(tree.left), evaluate(tree.right));
    case 'CallExpression':
      return call(tree.callee.name, tree.arguments.map(evaluate));
    default:
      return assertNever(tree);
  }
}

/** A sign in front of a power belongs to the whole of it, as on paper. */
function power(base: Node, exponent: Node): number {
  if (base.type !== 'UnaryExpression') return evaluate(base) ** evaluate(exponent);
  const value = power(base.argument, exponent);
  return base.operator === '-' ? -value : value;
}

function binary(operator: '+' | '-' | '*' | '/' | '%', left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      // the sign of the divisor, as in Python: models mean that one
      return right === 0 ? Number.NaN : left - right * Math.floor(left / right);
    default:
      return assertNever(operator);
  }
}

function call(name: string, values: number[]): number {
  if (name === GROUP) {
    const [value, ...more] = values;
    if (value === undefined || more.length > 0)
      throw new Error('parentheses without a function hold one expression');
    return value;
  }
  const known = FUNCTIONS.get(name.toLowerCase());
  if (known === undefined)
    throw new Error(`"${name}" is no function of the calculator. It understands ${UNDERSTOOD}`);
  const [least, most] = known.parameters;
  if (values.length < least || values.length > most) {
    throw new Error(
      `${name} takes ${least === most ? least : `${least} to ${most}`} value(s), not ${values.length}`,
    );
  }
  return known.apply(...values);
}

/** Half away from zero, to a number of decimal places (negative: tens, hundreds …). */
function round(value: number, places = 0): number {
  const factor = 10 ** Math.trunc(places);
  const scaled = Number((Math.abs(value) * factor).toPrecision(15));
  return (Math.sign(value) * Math.round(scaled)) / factor;
}
