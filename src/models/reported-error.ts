/** What a server says went wrong, wherever in a reply it says it. */
export interface Reported {
  /** Its words; empty when it has none. */
  message: string;
  code: string | number | null;
  type: string | null;
  /** An HTTP status, where one is named. */
  status: number | null;
}

/** A reply that says that it is none: thrown where that is read, classified by `classifyFailure`. */
export class ReportedError extends Error {
  readonly reported: Reported;
  /** Of the HTTP answer it stood in, when that was not a 200. */
  readonly answer: { status: number; headers: Record<string, string> } | null;
  /** Nothing in the reply has the form of an error: it is some text or page instead of a completion. */
  readonly isForeign: boolean;

  constructor(
    reported: Reported,
    more: { answer?: { status: number; headers: Record<string, string> }; isForeign?: boolean } = {},
  ) {
    super(reported.message);
    this.name = 'ReportedError';
    this.reported = reported;
    this.answer = more.answer ?? null;
    this.isForeign = more.isForeign ?? false;
  }
}

type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where servers put their words, the plainest first. */
const WORDS = [
  'message',
  'msg',
  'detail',
  'error_message',
  'error_msg',
  'error_description',
  'errorMessage',
  'status_msg',
  'description',
  'reason',
  'title',
  'error',
  'errors',
];
const CODES = ['code', 'error_code', 'errorCode', 'status_code', 'statusCode'];
const STATUSES = ['status', 'status_code', 'statusCode', 'http_status', 'http_code', 'code', 'error_code'];
/** How deep words may lie inside of each other. */
const MOST_LEVELS = 4;
const MOST_WORDS = 2_000;

/** An error that a body, a chunk, a choice or a delta carries: the fields `error` and `errors`, or that it is one. */
export function errorIn(value: unknown): Reported | undefined {
  if (Array.isArray(value)) {
    for (const one of value.slice(0, 20)) {
      const found = isFields(one) ? errorIn(one) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isFields(value)) return undefined;
  for (const name of ['error', 'errors']) if (isSaid(value[name])) return described(value[name], value);
  const { object, type, base_resp } = value;
  if (object === 'error' || type === 'error') return described(value);
  // MiniMax says in every reply how it went.
  if (isFields(base_resp) && isSaid(base_resp['status_code'])) return described(base_resp);
  return undefined;
}

/** What an answer that should have been a completion says instead: an error, a complaint, a page, or any text. */
export function complaintIn(value: unknown): Reported {
  return errorIn(value) ?? described(value);
}

/** The same of a body that was not read as JSON. */
export function complaintInText(text: string): Reported {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { message: wordsOfPage(text), code: null, type: null, status: null };
  }
  return complaintIn(value);
}

/** Whether a chunk without choices is a complaint, and not a sign of life. */
export const isComplaint = (value: Fields): boolean =>
  WORDS.some((name) => typeof value[name] === 'string' && value[name] !== '');

const NOTHING: readonly unknown[] = [undefined, null, false, '', 0, '0', 200, '200', 'none', 'null', 'false'];
const SUCCESS: readonly unknown[] = [0, '0', 200, '200', 'success', 'ok'];

/** `error: null`, `false`, `""`, `"None"`, `{}` and codes of success say that there is none. */
function isSaid(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (!isFields(value))
    return !NOTHING.includes(typeof value === 'string' ? value.trim().toLowerCase() : value);
  const { code, message } = value;
  const says = Object.values(value).some((one) => one !== null && one !== '' && one !== undefined);
  const isPraise =
    message === undefined ||
    message === null ||
    (typeof message === 'string' && /^(|ok|success)$/i.test(message));
  return says && !(SUCCESS.includes(code) && isPraise);
}

/** @param around what it stood in, for a code beside it */
function described(value: unknown, around: Fields = {}): Reported {
  const own: Fields = isFields(value) ? value : Array.isArray(value) && isFields(value[0]) ? value[0] : {};
  const fields = (names: readonly string[]): unknown[] =>
    [own, around].flatMap((one) => names.map((name) => one[name]));
  const code = fields(CODES).find((one) => typeof one === 'string' || typeof one === 'number');
  const type = fields(['type', 'status']).find((one) => typeof one === 'string' && one !== 'error');
  const status = fields(STATUSES)
    .map((one) => (typeof one === 'string' || typeof one === 'number' ? Number(one) : Number.NaN))
    .find((one) => Number.isInteger(one) && one >= 400 && one <= 599);
  const inner = isFields(own['metadata']) ? wordsOf(own['metadata']['raw'], 0) : '';
  const message = [wordsOf(value, 0) || (isFields(value) ? JSON.stringify(value) : ''), inner].filter(
    (words) => words !== '',
  );
  return {
    message: message.join(' – ').slice(0, MOST_WORDS),
    code: typeof code === 'string' || typeof code === 'number' ? code : null,
    type: typeof type === 'string' ? type : null,
    status: status ?? null,
  };
}

function wordsOf(value: unknown, level: number): string {
  if (typeof value === 'string') return wordsOfPage(value);
  if (typeof value === 'number') return String(value);
  if (level >= MOST_LEVELS) return '';
  if (Array.isArray(value))
    return value
      .slice(0, 5)
      .map((one) => wordsOf(one, level + 1))
      .filter((words) => words !== '')
      .join('; ');
  if (!isFields(value)) return '';
  for (const name of WORDS) {
    const words = wordsOf(value[name], level + 1);
    if (words !== '') return words;
  }
  return '';
}

/** A text as it is; of a page in HTML its title, or else what a reader would see. */
function wordsOfPage(text: string): string {
  if (!/^\s*<(!doctype|html|head|body|\?xml)/i.test(text)) return text.trim().slice(0, MOST_WORDS);
  const page = text.slice(0, 20_000);
  const title = /<title[^>]*>([^<]*)</i.exec(page)?.[1]?.trim() ?? '';
  if (title !== '') return title;
  return page
    .replaceAll(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, MOST_WORDS);
}
