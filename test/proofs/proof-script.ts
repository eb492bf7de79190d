import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { measuredCommit, recordSections, RESULTS_FILE } from '../../bench/results-file.ts';
import { endServicesOn, endWhenAsked } from '../support/folder-keeper.ts';
import { startSuiteServices } from '../support/suite-services.ts';

/**
 * Runs a proof on services of its own, prints its report, and ends the process: with 1 where something failed. Whatever it has
 * started ends with this process, when that is interrupted or killed, too.
 */
export async function runProof(proof: {
  title: string;
  command: string;
  what: string;
  /** Where the report is written; undefined for nowhere. */
  report: string | undefined;
  /** Whether the report is also a section of bench/RESULTS.md. */
  isBench?: boolean;
  prove: () => Promise<{ failures: string[]; lost?: string[] }>;
}): Promise<never> {
  endWhenAsked();
  const services = await startSuiteServices({ databaseUrl: undefined, temporalAddress: undefined });
  process.env['MUSTER_TEST_DATABASE_URL'] = services.databaseUrl;
  process.env['MUSTER_TEST_TEMPORAL_ADDRESS'] = services.temporalAddress;
  let code = 0;
  try {
    const load = loadavg()[0] ?? 0;
    const commit = await measuredCommit();
    const { failures, lost = [], ...counts } = await proof.prove();
    const text = [
      `# ${proof.title}`,
      '',
      `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${commit}, load ${load.toFixed(1)} before. ` +
        `\`${proof.command}\`, on real PostgreSQL, Temporal, API and worker.`,
      '',
      '| figure | |',
      '|---|---:|',
      ...Object.entries(counts).map(([name, count]) => `| ${name} | ${String(count)} |`),
      `| failures | ${failures.length} |`,
      '',
      proof.what,
      '',
      ...(lost.length > 0 ? [`Lost calls (run, task, turn, tokens charged): ${lost.join(' · ')}.`, ''] : []),
      ...failures.map((failure) => `- ${failure.split('\n')[0] ?? ''}`),
    ].join('\n');
    console.log(text);
    if (proof.report !== undefined) await writeFile(proof.report, `${text.trimEnd()}\n`);
    if (proof.isBench === true) await recordSections(`#${text}`, RESULTS_FILE);
    if (failures.length > 0) code = 1;
  } finally {
    await endServicesOn(services.dataDir);
  }
  process.exit(code);
}
