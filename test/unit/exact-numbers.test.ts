import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { gatherInputs } from '../../src/cli/run-inputs.ts';
import { parseYamlFile } from '../../src/crews/parse-crew-yaml.ts';
import { parseJsonc } from '../../src/crews/transfer/parse-jsonc.ts';
import { readBySchema } from '../../src/domain/agent/checks.ts';
import {
  isHeldExactly,
  isScalarHeldExactly,
  lostNumbers,
  parseForWriting,
  withLostNumbersAsTexts,
} from '../../src/domain/exact-numbers.ts';
import { conditionHolds } from '../../src/domain/run/condition.ts';
import { crewResult } from '../../src/domain/run/result.ts';
import { evaluate, expressionScope } from '../../src/flows/declared/expression.ts';
import { calculator } from '../../src/tools/calculator.ts';
import { createToolRegistry } from '../../src/tools/registry.ts';
import { callTool } from '../../src/tools/run-tool-call.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const BIG = '1234567890123456789';
const NEXT = '1234567890123456790';
const context = { idempotencyKey: 'k', signal: new AbortController().signal, now: () => new Date(0) };

describe('a number', () => {
  it.each([
    '0',
    '-0',
    '42',
    '9007199254740991',
    '-9007199254740991',
    '9007199254740992',
    '18014398509481984',
    '100000000000000000000',
    '1000000000000000000000',
    '0.1',
    '0.30000000000000004',
    '1e21',
    '6.02e23',
    '1E+300',
    '123456789012345678.5',
  ])('is held: %s', (source) => {
    expect(isHeldExactly(source)).toBe(true);
    expect(lostNumbers(`[${source}]`)).toEqual([]);
  });

  it.each([
    '9007199254740993',
    '-9007199254740993',
    BIG,
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551615',
    '1000000000000000000001',
    '1e400',
    '-1e309',
    '1'.repeat(400),
  ])('is lost: %s', (source) => {
    expect(isHeldExactly(source)).toBe(false);
    expect(lostNumbers(`[${source}]`)).toEqual([{ path: '/0', source }]);
  });

  it('may be written as YAML and Python write it', () => {
    expect(
      ['+42', '1_000', '0xff', '.5', 'abc', '~', '.inf'].filter((source) => !isScalarHeldExactly(source)),
    ).toEqual([]);
    expect(
      [`+${BIG}`, '1_234_567_890_123_456_789', '0xFFFFFFFFFFFFFFFF', '1e999'].filter(isScalarHeldExactly),
    ).toEqual([]);
  });
});

describe('a JSON text', () => {
  it('tells where numbers are lost, texts apart', () => {
    const text = `{"a": {"x/y": [1, ${BIG}]}, "s": "${BIG}", "q": "\\"${BIG}", "n": -${BIG}, "${BIG}": 0.1234567890123456789, "lost:": 5}`;
    expect(lostNumbers(text)).toEqual([
      { path: '/a/x~1y/1', source: BIG },
      { path: '/n', source: `-${BIG}` },
    ]);
    expect(lostNumbers(BIG)).toEqual([{ path: '', source: BIG }]);
    expect(lostNumbers(`[${Array.from({ length: 50 }, () => BIG).join()}]`)).toHaveLength(20);
    expect(lostNumbers(`{"broken": ${BIG}`)).toEqual([]);
  });

  it('is written again as it was', () => {
    const text = `{"id":${BIG},"list":[{"n":-${BIG}}],"f":0.5,"e":1e400}`;
    expect(JSON.stringify(parseForWriting(text))).toBe(text);
    expect(withLostNumbersAsTexts(text)).toBe(`{"id":"${BIG}","list":[{"n":"-${BIG}"}],"f":0.5,"e":"1e400"}`);
  });
});

describe('what a model says', () => {
  const schema = (type: string | string[]) => ({ type: 'object', properties: { id: { type } } });

  it('is refused with the place where a number was wanted, and taken as text where that fits', () => {
    expect(readBySchema(`{"id": ${BIG}}`, schema('integer'))).toEqual({
      ok: false,
      problem: expect.stringMatching(new RegExp(`at /id: the number ${BIG} is too large.*as a text`)),
    });
    expect(readBySchema(`{"id": ${BIG}}`, schema(['integer', 'string']))).toEqual({
      ok: true,
      json: { id: BIG },
    });
    expect(readBySchema('{"id": 5}', schema('integer'))).toEqual({ ok: true, json: { id: 5 } });
  });

  it('keeps its digits beside a task’s text', () => {
    const output = {
      name: 't',
      description: '',
      expected_output: '',
      summary: '',
      agent: '',
      output_format: 'raw',
      json_dict: null,
    };
    expect(crewResult([{ ...output, raw: `{"id": ${BIG}}` }])).toMatchObject({
      raw: `{"id": ${BIG}}`,
      data: { id: BIG },
    });
  });

  it('does not equal its neighbour in a condition', () => {
    const test = (equals: string) => ({ kind: 'json' as const, path: '/id', equals });
    expect(conditionHolds(test(BIG), `{"id": ${BIG}}`)).toBe(true);
    expect(conditionHolds(test(NEXT), `{"id": ${BIG}}`)).toBe(false);
  });

  it('is told how to give a tool such a number', async () => {
    const registry = createToolRegistry();
    const outcome = await callTool(registry, 'calculator', `{"expression": "2+3", "id": ${BIG}}`, context);
    expect(outcome).toMatchObject({
      ok: false,
      ran: false,
      error: expect.stringMatching(new RegExp(`at /id: the number ${BIG}`)),
    });
    expect(
      await callTool(registry, 'calculator', '{"expression": "2+3", "factor": 1e21}', context),
    ).toMatchObject({ ok: true });
  });
});

describe('the calculator', () => {
  const says = (expression: string) => calculator.execute({ expression }, context);

  it('takes no number with more digits than it holds, and writes none', async () => {
    await expect(says(`${BIG} + 1`)).rejects.toThrow(/more digits than the calculator holds/);
    expect(await says('9007199254740991 * 1000')).toBe('9.00719925474099e+18');
    expect(await says('2 ^ 53 - 1')).toBe('9007199254740991');
  });
});

describe('an expression of a flow', () => {
  it('whose value is lost has none', () => {
    const scope = expressionScope({ state: { n: 9_007_199_254_740_991 } }, new Date(0));
    expect(() => evaluate('state.n * 1001', scope)).toThrow(
      /too large to be kept exactly: make it a string\(\)/,
    );
    expect(evaluate('string(state.n * 1001)', scope)).toBe('9016206453995731991');
    expect(evaluate('state.n - 1', scope)).toBe(9_007_199_254_740_990);
  });
});

describe('a file', () => {
  it('in YAML names line and column', () => {
    expect(
      parseYamlFile('tasks.yaml', `a:\n  id: ${BIG}\n  text: "${BIG}"\n  hex: 0xFFFFFFFFFFFFFFFF\n`).issues,
    ).toEqual([
      { path: 'tasks.yaml:2:7', message: expect.stringContaining(BIG) },
      { path: 'tasks.yaml:4:8', message: expect.stringContaining('0xFFFFFFFFFFFFFFFF') },
    ]);
    expect(parseYamlFile('tasks.yaml', 'a: 0.1\nb: 1e21\nc: .inf\nd: 9007199254740991\n').issues).toEqual([]);
  });

  it('in JSON with comments names line and column', () => {
    expect(
      parseJsonc({ path: 'crew.jsonc', text: `{\n  "id": ${BIG}, // it\n  "x": 1e21\n}` }).issues,
    ).toEqual([{ path: 'crew.jsonc:2:9', message: expect.stringContaining(BIG) }]);
  });

  it('of inputs names line and column, and what is given by --input stays a text', async () => {
    const folder = await makeTemporaryFolder();
    const file = join(folder.path, 'in.yaml');
    await mkdir(folder.path, { recursive: true });
    await writeFile(file, `topic: x\nid: ${BIG}\n`);
    const gather = (files: string[], pairs: Record<string, string>) =>
      gatherInputs({ folder: folder.path + '/none', files, pairs });
    expect(() => gather([file], {})).toThrow(`${file}:2:5: the number ${BIG}`);
    expect(gather([], { id: BIG }).values).toEqual({ id: BIG });
    await folder.remove();
  });
});

describe('a text full of the marks by which lost numbers are found', () => {
  it('is looked through once', () => {
    const marks = 'lost:lost1:lost999:'.repeat(50_000);
    const text = JSON.stringify({ marks, one: 'lost2:5' }).replace(/}$/, ',"n":12345678901234567890}');
    expect(lostNumbers(text)).toEqual([{ path: '/n', source: '12345678901234567890' }]);
  });
});
