import { describe, expect, it } from '@jest/globals';
import { readToolResult } from '../../src/tools/mcp/mcp-result.ts';

/** Results of MCP tools: a call that was made is answered with all that can be read of it. */

const text = (words: string): object => ({ type: 'text', text: words });

describe('the result of a call', () => {
  it.each<[string, object, string]>([
    ['an empty text', { content: [text('')], structuredContent: { a: 1 } }, '\n{"a":1}'],
    ['no content', { content: null, structuredContent: { a: 1 } }, '{"a":1}'],
    ['a text', { content: [text('{"a": 1}')], structuredContent: { a: 1 } }, '{"a": 1}'],
  ])('with %s has its structured content where no text says the same', (_what, answer, said) => {
    expect(readToolResult(answer)).toBe(said);
  });

  it('keeps its texts when one of its parts is none', () => {
    expect(readToolResult({ content: [text('one'), { text: 'two' }, 7, null, text('three')] })).toBe(
      'one\ntwo\n[a part without a type left out: no text]\n[a part without a type left out: no text]\nthree',
    );
    expect(readToolResult({ content: null })).toBe('');
    expect(readToolResult({ content: [text('one')], isError: null })).toBe('one');
  });

  it('says of an integer that may have had other digits that it is not exact, and keeps the rest', () => {
    expect(readToolResult({ structuredContent: { bytes: 1e17, name: 'x', small: 12, half: 0.5 } })).toBe(
      '{"bytes":"about 1e+17, sent as a number that cannot be read exactly","name":"x","small":12,"half":0.5}',
    );
    expect(readToolResult({ content: [text('{"bytes": 1e17}')], structuredContent: { bytes: 1e17 } })).toBe(
      '{"bytes": 1e17}',
    );
  });

  it('of a tool that failed is thrown in its words', () => {
    expect(() => readToolResult({ content: [text('no such file')], isError: true })).toThrow('no such file');
    expect(() => readToolResult('x')).toThrow('no tool result');
  });
});
