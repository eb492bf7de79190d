import type { JsonValue } from '../../domain/json.ts';
import {
  evaluate,
  ExpressionError,
  expressionProblem,
  type ExpressionScope,
  type Root,
} from './expression.ts';

/** Values with `${…}` in their texts. A text that is one `${…}` and nothing else keeps the type of its value. */

type Part = { text: string } | { expression: string };

/** @throws {ExpressionError} when a `${` has no end */
function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let index = 0;
  for (let start = text.indexOf('${'); start !== -1; start = text.indexOf('${', index)) {
    if (start > index) parts.push({ text: text.slice(index, start) });
    const end = endOf(text, start + 2);
    parts.push({ expression: text.slice(start + 2, end).trim() });
    index = end + 1;
  }
  if (index < text.length) parts.push({ text: text.slice(index) });
  return parts;
}

/** Where the brace that closes an expression stands: not one in its texts, nor of its maps. */
function endOf(text: string, start: number): number {
  let depth = 1;
  let quote = '';
  for (let index = start; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (quote !== '') {
      if (character === '\\') index += 1;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  throw new ExpressionError('a ${ has no } that closes it');
}

/** One thing that is wrong with a template, and where in it. */
export interface TemplateProblem {
  path: (string | number)[];
  message: string;
}

/** What is wrong with the expressions in a value, at any depth. */
export function templateProblems(value: JsonValue, roots: readonly Root[]): TemplateProblem[] {
  if (typeof value === 'string') return textProblems(value, roots).map((message) => ({ path: [], message }));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    templateProblems(inner, roots).map(({ path, message }) => ({
      path: [Array.isArray(value) ? Number(name) : name, ...path],
      message,
    })),
  );
}

function textProblems(text: string, roots: readonly Root[]): string[] {
  try {
    return partsOf(text).flatMap((part) =>
      'expression' in part ? (expressionProblem(part.expression, roots) ?? []) : [],
    );
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Fills a template in. @throws {ExpressionError} when an expression has no value */
export function render(value: JsonValue, scope: ExpressionScope): JsonValue {
  if (typeof value === 'string') return renderText(value, scope);
  if (Array.isArray(value)) return value.map((item) => render(item, scope));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, render(inner, scope)]));
}

function renderText(text: string, scope: ExpressionScope): JsonValue {
  const parts = partsOf(text);
  const expressions = parts.filter((part) => 'expression' in part);
  const [only] = expressions;
  if (only === undefined) return text;
  const bare = parts.every((part) => 'expression' in part || part.text.trim() === '');
  if (bare && expressions.length === 1) return evaluate(only.expression, scope);
  return parts
    .map((part) => ('text' in part ? part.text : shownValue(evaluate(part.expression, scope))))
    .join('');
}

/** A value in the middle of a text: null is nothing, what is no text is JSON. */
export const shownValue = (value: JsonValue): string =>
  value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
