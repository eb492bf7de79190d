import type { JsonValue } from '../json.ts';

/**
 * The types CrewAI 0.121.1's pydantic models give their fields, as far as JSON can meet them. A leading `?`
 * lets null pass.
 */
export type FieldType =
  | 'any'
  | 'str'
  | '?str'
  | 'int'
  | '?int'
  | 'bool'
  | '?bool'
  | 'dict'
  | '?dict'
  | 'list'
  | '?list'
  | 'callables'
  | '?strings'
  | 'dicts'
  | '?bool|str'
  | 'code_execution_mode'
  | '?instance'
  | '?model'
  | 'model'
  | '?models'
  | '?class'
  | '?knowledge'
  | 'id'
  | '?json'
  | '?response_template'
  | '?guardrail';

/** Pydantic's error type and message, and where below the field it stands (`''`, or `/0` of a list). */
export interface TypeProblem {
  code: string;
  message: string;
  below: string;
}

/** What pydantic, in its lax mode, would say of this value; null when it takes it. */
export function typeProblem(type: FieldType, value: JsonValue): TypeProblem | null {
  if (type.startsWith('?') && value === null) return null;
  switch (type) {
    case 'any':
      return null;
    case 'str':
    case '?str':
      return typeof value === 'string' ? null : problem('string_type', 'Input should be a valid string');
    case 'int':
    case '?int':
      return intProblem(value);
    case 'bool':
    case '?bool':
      return boolProblem(value);
    case 'dict':
    case '?dict':
      return dictProblem(value);
    case 'list':
    case '?list':
      return listProblem(value, () => null);
    case 'callables':
      return listProblem(value, () => problem('callable_type', 'Input should be callable'));
    case '?strings':
      return listProblem(value, (item) => typeProblem('str', item));
    case 'dicts':
      return listProblem(value, dictProblem);
    case '?models':
      // an id stands for a knowledge source that is stored here
      return listProblem(value, (item) =>
        typeof item === 'string' && isUuid(item) ? null : modelProblem(item),
      );
    case '?bool|str':
      return typeof value === 'string' ? null : boolProblem(value);
    case 'code_execution_mode':
      return value === 'safe' || value === 'unsafe'
        ? null
        : problem('literal_error', "Input should be 'safe' or 'unsafe'");
    case '?instance':
      return problem(
        'is_instance_of',
        'Input should be an instance of a Python class, which a graph cannot hold',
      );
    case 'model':
    case '?model':
      return modelProblem(value);
    case '?class':
      return problem('is_subclass_of', 'Input should be a Python class, which a graph cannot hold');
    case '?knowledge':
      return isJsonObject(value)
        ? problem('TypeError', 'a Knowledge cannot be made of a mapping')
        : modelProblem(value);
    case 'id':
      return isTruthy(value)
        ? problem('may_not_set_field', 'This field is not to be set by the user.')
        : problem('uuid_type', 'UUID input should be a string, bytes or UUID object');
    case '?json':
      return jsonProblem(value);
    case '?response_template':
      return responseTemplateProblem(value);
    case '?guardrail':
      return typeof value === 'string' || isJsonObject(value)
        ? null
        : problem('callable_type', 'Input should be callable');
  }
}

/** A mapping, or a text that is JSON. */
function jsonProblem(value: JsonValue): TypeProblem | null {
  if (isJsonObject(value)) return null;
  if (typeof value !== 'string')
    return problem('json_type', 'JSON input should be string, bytes or bytearray');
  try {
    JSON.parse(value);
    return null;
  } catch {
    // the finding is the answer
    return problem('json_invalid', 'Invalid JSON');
  }
}

/** CrewAI cuts the template there, and dies of an IndexError where it cannot. */
function responseTemplateProblem(value: JsonValue): TypeProblem | null {
  if (typeof value !== 'string') return problem('string_type', 'Input should be a valid string');
  return value === '' || value.includes('{{ .Response }}')
    ? null
    : problem('IndexError', 'response_template must hold {{ .Response }}');
}

export const isUuid = (text: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);

const problem = (code: string, message: string, below = ''): TypeProblem => ({ code, message, below });

/** True to Python: neither empty nor zero. */
export function isTruthy(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

export const isJsonObject = (value: JsonValue | undefined): value is { [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Digits, single underscores between them, white space around, and zeros behind a point. */
const INT_TEXT = /^\s*[+-]?\d+(_\d+)*(\.0*)?\s*$/;

function intProblem(value: JsonValue): TypeProblem | null {
  if (typeof value === 'boolean') return null;
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? null
      : problem('int_from_float', 'Input should be a valid integer, got a number with a fractional part');
  }
  if (typeof value !== 'string') return problem('int_type', 'Input should be a valid integer');
  return INT_TEXT.test(value)
    ? null
    : problem('int_parsing', 'Input should be a valid integer, unable to parse string as an integer');
}

const TRUE_TEXTS = new Set(['1', 'true', 't', 'yes', 'y', 'on']);
const FALSE_TEXTS = new Set(['0', 'false', 'f', 'no', 'n', 'off']);

function boolProblem(value: JsonValue): TypeProblem | null {
  const parsing = problem('bool_parsing', 'Input should be a valid boolean, unable to interpret input');
  if (typeof value === 'boolean') return null;
  if (typeof value === 'string') {
    const text = value.toLowerCase();
    return TRUE_TEXTS.has(text) || FALSE_TEXTS.has(text) ? null : parsing;
  }
  if (typeof value === 'number' && Number.isInteger(value))
    return value === 0 || value === 1 ? null : parsing;
  return problem('bool_type', 'Input should be a valid boolean');
}

const dictProblem = (value: JsonValue): TypeProblem | null =>
  isJsonObject(value) ? null : problem('dict_type', 'Input should be a valid dictionary');

/** What a mapping would have to hold is not looked at: no such field is carried out. */
const modelProblem = (value: JsonValue): TypeProblem | null =>
  isJsonObject(value)
    ? null
    : problem('model_type', 'Input should be a valid dictionary or an instance of a Python class');

function listProblem(value: JsonValue, ofItem: (item: JsonValue) => TypeProblem | null): TypeProblem | null {
  if (!Array.isArray(value)) return problem('list_type', 'Input should be a valid list');
  for (const [index, item] of value.entries()) {
    const found = ofItem(item);
    if (found !== null) return { ...found, below: `/${index}` };
  }
  return null;
}

/** What pydantic makes of a value that {@link typeProblem} lets pass as a bool. */
export const asBool = (value: JsonValue | undefined): boolean =>
  value === true || value === 1 || (typeof value === 'string' && TRUE_TEXTS.has(value.toLowerCase()));

/** What pydantic makes of a value that {@link typeProblem} lets pass as an int; null for null and absent. */
export function asInt(value: JsonValue | undefined): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' ? Number(value.trim().replaceAll('_', '').replace(/\.0*$/, '')) : null;
}
