import { insteadOfCallback } from '../crewai/callbacks.ts';
import type { FieldUse } from '../crewai/yaml-fields.ts';

/** Takes down what is wrong with one file; `path` leads from its top to the value meant. */
export interface Notes {
  issue: (path: readonly string[], message: string) => void;
  warn: (path: readonly string[], message: string) => void;
}

/** Mappings keep the order of the file, which plain objects do not for keys such as `1`. */
export type Mapping = ReadonlyMap<unknown, unknown>;

export const isMapping = (value: unknown): value is Mapping => value instanceof Map;

/** Reads the fields of one mapping. What does not fit is noted, and a harmless value is returned instead. */
export interface MappingReader {
  /** True when the key is there, even with `null`. */
  contains: (field: string) => boolean;
  /** The empty text when it is missing or no text; both are issues. */
  requiredText: (field: string) => string;
  /** Null when absent, null, or no text; the last is an issue. */
  optionalText: (field: string) => string | null;
  /** A list of names; absent and null are the empty list. */
  names: (field: string) => string[];
  /** A mapping of names, each to one of some words; absent and null are the empty one. */
  choices: <Word extends string>(field: string, words: readonly Word[]) => Record<string, Word>;
  number: (field: string, bounds: { whole: boolean; min: number; max?: number }) => number | null;
  /** A mapping in this one; null when the field is anything else, without complaint. */
  nested: (field: string) => MappingReader | null;
  /** Warns of fields nobody knows, and of those that are known but not carried out. */
  checkFields: (known: ReadonlyMap<string, FieldUse>) => void;
  /** Takes down what is wrong with a field that is there. */
  refuse: (field: string, message: string) => void;
}

export function createMappingReader(mapping: Mapping, path: readonly string[], notes: Notes): MappingReader {
  const at = (field: string, ...more: string[]): string[] => [...path, field, ...more];
  const absent = (field: string): boolean => mapping.get(field) === undefined || mapping.get(field) === null;
  return {
    contains: (field) => mapping.has(field),
    requiredText: (field) => {
      const value = mapping.get(field);
      if (typeof value === 'string') return value.trim();
      if (!mapping.has(field)) notes.issue(path, `${field} is missing`);
      else notes.issue(at(field), `${field} must be a text, not ${kindOf(value)}`);
      return '';
    },
    optionalText: (field) => {
      const value = mapping.get(field);
      if (absent(field)) return null;
      if (typeof value === 'string') return value.trim();
      notes.issue(at(field), `${field} must be a text, not ${kindOf(value)}`);
      return null;
    },
    names: (field) => readNames(mapping.get(field), at(field), field, notes),
    choices: (field, words) => readChoices(mapping.get(field), at(field), field, words, notes),
    number: (field, bounds) => {
      if (absent(field)) return null;
      const value = mapping.get(field);
      const { whole, min, max = Infinity } = bounds;
      const fits =
        typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value));
      if (fits) return value;
      const range = max === Infinity ? `, ${min} or more` : ` from ${min} to ${max}`;
      notes.issue(at(field), `${field} must be a ${whole ? 'whole ' : ''}number${range}`);
      return null;
    },
    nested: (field) => {
      const value = mapping.get(field);
      return isMapping(value) ? createMappingReader(value, at(field), notes) : null;
    },
    refuse: (field, message) => notes.issue(at(field), message),
    checkFields: (known) => {
      for (const [key, value] of mapping) checkField(String(key), value, known, at(String(key)), notes);
    },
  };
}

function readNames(value: unknown, path: readonly string[], field: string, notes: Notes): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    notes.issue(path, `${field} must be a list, not ${kindOf(value)}`);
    return [];
  }
  return value.flatMap((item: unknown, index) => {
    if (typeof item === 'string') return [item.trim()];
    notes.issue([...path, String(index)], `${field} must be a list of names; this is ${kindOf(item)}`);
    return [];
  });
}

function readChoices<Word extends string>(
  value: unknown,
  path: readonly string[],
  field: string,
  words: readonly Word[],
  notes: Notes,
): Record<string, Word> {
  if (value === undefined || value === null) return {};
  if (!isMapping(value)) {
    notes.issue(
      path,
      `${field} must be a mapping of names, each to ${words.join(' or ')}, not ${kindOf(value)}`,
    );
    return {};
  }
  return Object.fromEntries(
    [...value].flatMap(([key, chosen]): [string, Word][] => {
      const name = String(key);
      const word = words.find((one) => one === chosen);
      if (word !== undefined) return [[name, word]];
      notes.issue([...path, name], `${field} of ${name} must be ${words.join(' or ')}`);
      return [];
    }),
  );
}

function checkField(
  field: string,
  value: unknown,
  known: ReadonlyMap<string, FieldUse>,
  path: readonly string[],
  notes: Notes,
): void {
  const use = known.get(field);
  if (use === undefined) notes.warn(path, `${field} is no field that CrewAI 0.121.1 knows; it has no effect`);
  else if (use === 'not_carried_out' && isSet(value))
    notes.warn(path, `${field} is not carried out yet; it has no effect`);
  else if (use === 'ignored' && isSet(value) && insteadOfCallback(field) !== null)
    notes.warn(path, `${field} is Python and is not called: ${insteadOfCallback(field)}`);
}

/** Off, none and empty are what these fields are by default; `no` and `off` are false to Python's YAML. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  if (typeof value === 'string') return !/^(no|off)?$/i.test(value.trim());
  if (Array.isArray(value)) return value.length > 0;
  return !isMapping(value) || value.size > 0;
}

/** What a value is called to a person. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isMapping(value)) return 'a mapping';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number';
  return typeof value === 'boolean' ? 'true or false' : 'something else';
}
