import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryFolder } from './temporary-folder.ts';

const DEFINE_FLOW = new URL('../../src/flows/define-flow.ts', import.meta.url).href;

/** Writes flows into a folder of their own, as an operator would for FLOWS_DIR. @param flows folder name → code */
export async function makeFlowsDir(
  flows: Record<string, string>,
): Promise<{ path: string; remove: () => Promise<void> }> {
  const folder = await makeTemporaryFolder();
  for (const [name, code] of Object.entries(flows)) {
    await mkdir(join(folder.path, name));
    const head = `import { agentCrew, and_, defineFlow, or_, StepFailure, TryAgain, z } from '${DEFINE_FLOW}';\n`;
    await writeFile(join(folder.path, name, 'flow.ts'), head + code);
  }
  return folder;
}

/** A flow whose schemas are plain: `n` in, `trail` out. */
export const trailFlow = (steps: string, more = ''): string => `
export const flow = defineFlow({
  summary: 'Leaves a trail',
  request: z.object({ n: z.int().min(0).max(100).default(0) }),
  state: z.object({ trail: z.array(z.string()), left: z.string(), right: z.string(), n: z.int() }),
  result: z.object({ trail: z.array(z.string()).max(50) }),
  example: { request: { n: 1 }, result: { trail: ['a'] } },
  begin: ({ n }) => ({ trail: [], left: '', right: '', n }),
  finish: ({ trail }) => ({ trail }),
  steps: ({ start, listen, router }) => (${steps}),
  ${more}
});
`;
