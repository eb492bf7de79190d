/** One piece of a Python program, as far as reading a crew needs it. */
export interface PythonToken {
  kind: 'name' | 'number' | 'text' | 'sign' | 'line_end';
  /** Of a text its content, else as written. */
  text: string;
  /** From 1. */
  line: number;
  /** Characters before it on its line. */
  column: number;
  /** An f-string or bytes: what it says is known only when it runs. */
  isDynamic?: boolean;
}

const SPACE = /[ \t\f\r]+/y;
const COMMENT = /#[^\n]*/y;
const NAME = /[\p{XID_Start}_][\p{XID_Continue}]*/uy;
const NUMBER = /(?:0[xob][\da-f_]+|(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:e[+-]?\d+)?)j?/iy;
const OPENING = /([rbuf]{0,2})("""|'''|"|')/iy;

/** Takes a Python program apart without understanding it. Linear; what makes no sense becomes a sign. */
export function pythonTokens(program: string): PythonToken[] {
  const tokens: PythonToken[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(program);
  };
  while (at < program.length) {
    const skipped = match(SPACE) ?? match(COMMENT);
    if (skipped !== null) {
      at += skipped[0].length;
      continue;
    }
    if (program.startsWith('\\\n', at) || program[at] === '\n') {
      const isJoined = program[at] === '\\';
      if (!isJoined) tokens.push({ kind: 'line_end', text: '\n', line, column: at - lineStart });
      line += 1;
      at += isJoined ? 2 : 1;
      lineStart = at;
      continue;
    }
    const opening = match(OPENING);
    if (opening !== null) {
      const [whole, prefix = '', quote = ''] = opening;
      const { end, text } = readText(program, at + whole.length, quote, /r/i.test(prefix));
      const column = at - lineStart;
      tokens.push({ kind: 'text', text, line, column, isDynamic: /[fb]/i.test(prefix) });
      for (; at < end; at += 1) {
        if (program[at] !== '\n') continue;
        line += 1;
        lineStart = at + 1;
      }
      continue;
    }
    const word = match(NAME) ?? match(NUMBER);
    const text = word?.[0] ?? program[at] ?? '';
    const kind = word === null ? 'sign' : /^[\d.]/.test(text) ? 'number' : 'name';
    tokens.push({ kind, text, line, column: at - lineStart });
    at += text.length;
  }
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
};
const CODE = /x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})/y;

/** From behind the opening quote to behind the closing one; an unclosed text ends with its line or the file. */
function readText(
  program: string,
  start: number,
  quote: string,
  isRaw: boolean,
): { end: number; text: string } {
  let text = '';
  let at = start;
  while (at < program.length && !program.startsWith(quote, at)) {
    const letter = program[at] ?? '';
    if (letter === '\n' && quote.length === 1) return { end: at, text };
    if (letter !== '\\') {
      text += letter;
      at += 1;
    } else if (isRaw) {
      text += program.slice(at, at + 2);
      at += 2;
    } else {
      const { length, value } = escaped(program, at + 1);
      text += value;
      at += 1 + length;
    }
  }
  return { end: Math.min(program.length, at + quote.length), text };
}

function escaped(program: string, at: number): { length: number; value: string } {
  const letter = program[at] ?? '';
  const simple = ESCAPES[letter];
  if (simple !== undefined) return { length: 1, value: simple };
  CODE.lastIndex = at;
  const [code, hex2, hex4, hex8, octal] = CODE.exec(program) ?? [];
  if (code === undefined) return { length: 1, value: `\\${letter}` };
  const point =
    octal === undefined ? Number.parseInt(hex2 ?? hex4 ?? hex8 ?? '0', 16) : Number.parseInt(octal, 8);
  return { length: code.length, value: point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd' };
}
