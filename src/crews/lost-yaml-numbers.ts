import { isScalar, visit, type Document } from 'yaml';
import { isScalarHeldExactly, lostNumberAdvice } from '../domain/exact-numbers.ts';

/** Numbers of one document that are told of. */
const MOST = 100;

/** Numbers of a YAML document that reading it has changed, each with the offset at which it stands. */
export function lostYamlNumbers(document: Document): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  visit(document, {
    Scalar: (_key, node) => {
      const { value, source } = node;
      if (!isScalar(node) || typeof value !== 'number' || source === undefined) return undefined;
      if (isScalarHeldExactly(source)) return undefined;
      found.push({ offset: node.range?.[0] ?? 0, message: lostNumberAdvice(source) });
      return found.length >= MOST ? visit.BREAK : undefined;
    },
  });
  return found;
}
