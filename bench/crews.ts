import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { AGENT, EXPECTED_OUTPUT, taskDescription } from './task-text.ts';

/** Task counts of the crews that are measured. */
export const CREW_SIZES = [1, 3, 10] as const;

export const crewName = (tasks: number): string => `chain-${tasks}`;

/** Writes the crews as CrewAI YAML, one folder each, in the form in which people bring theirs. */
export async function writeCrews(directory: string): Promise<void> {
  for (const tasks of CREW_SIZES) {
    const folder = join(directory, crewName(tasks));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'agents.yaml'), stringify({ worker: AGENT }));
    const numbers = Array.from({ length: tasks }, (_, index) => index + 1);
    const entries = numbers.map((number) => [
      `task_${number}`,
      { description: taskDescription(number, '{run}'), expected_output: EXPECTED_OUTPUT, agent: 'worker' },
    ]);
    await writeFile(join(folder, 'tasks.yaml'), stringify(Object.fromEntries(entries)));
  }
}
