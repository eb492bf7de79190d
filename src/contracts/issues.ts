import type { z } from 'zod';
import type { Issue } from '../domain/errors.ts';
import './plain-messages.ts';

const pointerPart = (part: PropertyKey): string =>
  `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** Zod's issues as ours, all of them. Of a union the branch that came closest speaks. */
export function toIssues(error: z.core.$ZodError, place: 'body' | 'query'): Issue[] {
  const spell = (path: readonly PropertyKey[]): string => {
    if (place === 'body') return path.map(pointerPart).join('');
    const [name = '', ...rest] = path;
    return `?${String(name)}${rest.map(pointerPart).join('')}`;
  };
  const flatten = (issue: z.core.$ZodIssue, before: readonly PropertyKey[]): Issue[] => {
    const path = [...before, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      // A schema may say more, such as which fields there are.
      const message = issue.message.startsWith('Unrecognized key') ? 'unknown field' : issue.message;
      return issue.keys.map((key) => ({ path: spell([...path, key]), message }));
    }
    if (issue.code === 'invalid_union') {
      const closest = issue.errors.toSorted((one, other) => one.length - other.length)[0] ?? [];
      if (closest.some((inner) => inner.path.length > 0))
        return closest.flatMap((inner) => flatten(inner, path));
    }
    return [{ path: spell(path), message: issue.message }];
  };
  return error.issues.flatMap((issue) => flatten(issue, []));
}
