import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCommandRecord, type Ended } from '../support/command-record.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** `muster graphs import` of projects as people have them. */

let stack: TestStack;
let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>;
beforeAll(async () => {
  folder = await makeTemporaryFolder();
  stack = await startTestStack();
});
afterAll(async () => {
  await stack.close();
  await folder.remove();
});

const record = createCommandRecord();
const muster = (args: readonly string[]): Promise<Ended> =>
  record.run(args, {
    MUSTER_URL: stack.api.url,
    XDG_CONFIG_HOME: folder.path,
    MUSTER_API_KEY: stack.api.admin.apiKey,
  });

describe('muster graphs import', () => {
  it('sends of a project only what is read of it, and names the graph after its folder', async () => {
    const project = join(folder.path, 'big data');
    for (const below of ['config', '.venv/lib', 'node_modules/x'])
      await mkdir(join(project, below), { recursive: true });
    const agents = 'w:\n  role: R\n  goal: g\n  backstory: b\n  tols: [calculator]\n';
    const tasks = 't:\n  descripton: x\n  description: x\n  expected_output: o\n  agent: w\n';
    await writeFile(join(project, 'config/agents.yaml'), agents);
    await writeFile(join(project, 'config/tasks.yaml'), tasks);
    await writeFile(
      join(project, 'knowledge.json'),
      JSON.stringify(Array.from({ length: 13_000 }, () => ({ t: 'x'.repeat(100) }))),
    );
    await writeFile(join(project, '.venv/lib/agents.yaml'), agents);
    await writeFile(join(project, 'node_modules/x/tasks.yaml'), tasks);
    const made = await muster(['graphs', 'import', `${project}/config`]);
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining('Graph “big data”') });
    // What nobody knows is named, with the agent or task it stands in.
    expect(made.err).toMatch(/warning: w \(\S+\/tols\): tols is no field/);
    expect(made.err).toMatch(/warning: t \(\S+\/descripton\): descripton is no field/);
    await writeFile(join(project, 'config/tasks.yaml'), `${tasks}# ${'x'.repeat(1_000_000)}`);
    const large = await muster(['graphs', 'import', project]);
    expect([large.code, large.out]).toEqual([2, '']);
    expect(large.err).toMatch(/config\/tasks\.yaml has 1000\d+ bytes/);
    await writeFile(
      join(project, 'config/tasks.yaml'),
      Buffer.from(tasks.replace(': x', ': \xe9dition'), 'latin1'),
    );
    const foreign = await muster(['graphs', 'import', project]);
    expect([foreign.code, foreign.out]).toEqual([2, '']);
    expect(foreign.err).toMatch(
      /config\/tasks\.yaml cannot be read: not a text in UTF-8 \(line 2\): save it as UTF-8/,
    );
  });

  it('says of an import that is not valid that it is a draft, and why', async () => {
    const project = join(folder.path, 'draft');
    await mkdir(project);
    await writeFile(join(project, 'agents.yaml'), 'w: {role: R, goal: g, backstory: b, tools: [search]}\n');
    await writeFile(join(project, 'tasks.yaml'), 't: {description: d, expected_output: o, agent: w}\n');
    const made = await muster(['graphs', 'import', project]);
    expect(made).toMatchObject({ code: 1, out: expect.stringMatching(/^[0-9a-f-]{36}\n$/) });
    expect(made.err).toMatch(/error: w \(\S+\): .*"search"/);
    expect(made.err).toContain('is stored as a draft: it is not valid');
  });
});
