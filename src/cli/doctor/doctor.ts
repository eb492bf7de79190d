import type { Settings } from '../../config.ts';
import { checkDatabase } from './check-database.ts';
import { checkKeys } from './check-keys.ts';
import { checkTemporal } from './check-temporal.ts';
import type { Finding } from './finding.ts';

const MARKS = { ok: '✓', warn: '!', fail: '✗' };

/** Looks at everything an installation needs. Changes nothing. */
export async function examine(settings: Settings): Promise<Finding[]> {
  const [database, temporal] = await Promise.all([checkDatabase(settings), checkTemporal(settings)]);
  return [...database, ...temporal, ...checkKeys(settings)];
}

/** `muster doctor`: one line each, or JSON. @returns the exit code: 1 when something fails */
export async function doctorCommand(
  settings: Settings,
  { json, say }: { json: boolean; say: (line: string) => void },
): Promise<number> {
  const findings = await examine(settings);
  const failed = findings.some(({ status }) => status === 'fail');
  if (json) say(JSON.stringify({ ok: !failed, findings }, null, 2));
  else for (const finding of findings) say(lineOf(finding));
  return failed ? 1 : 0;
}

const lineOf = ({ check, status, detail, mend }: Finding): string =>
  `${MARKS[status]} ${check}: ${detail}${mend === undefined ? '' : ` → ${mend}`}`;
