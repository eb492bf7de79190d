import type { Settings } from '../config.ts';

/** Seen once: only hashes are kept. */
export interface FirstAdminCredentials {
  email: string;
  password: string;
  apiKey: string;
}

/** What is known once everything is up. */
export interface StartFacts {
  apiUrl: string;
  temporalUiUrl: string | undefined;
  settings: Pick<Settings, 'ADMIN_PASSWORD' | 'DATA_DIR'>;
  /** Made in this start. */
  firstAdmin: FirstAdminCredentials | null;
  /** File with an API key for the command line; undefined when there is none. */
  cliKeyFile: string | undefined;
  noAuth: boolean;
  demoStandsIn: boolean;
}

const row = (label: string, value: string): string => `  ${label.padEnd(14)}${value}`;

/**
 * The credentials of the first admin, as lines; none when it is not new. A start that fails later shows them,
 * too. A password that was chosen by whoever started this is not repeated.
 */
export function firstAdminLines(
  firstAdmin: FirstAdminCredentials | null,
  settings: Pick<Settings, 'ADMIN_PASSWORD'>,
): string[] {
  if (firstAdmin === null) return [];
  const { email, password, apiKey } = firstAdmin;
  return [
    'The first admin (shown this once):',
    row('E-mail', email),
    row('Password', settings.ADMIN_PASSWORD === undefined ? password : 'the one of ADMIN_PASSWORD'),
    row('API key', apiKey),
    '',
  ];
}

/** The screen that ends a start. */
export function startScreen(facts: StartFacts): string[] {
  return [
    '',
    'Muster is running.',
    '',
    row('API', facts.apiUrl),
    row('Console', `${facts.apiUrl}/console`),
    row('API docs', `${facts.apiUrl}/docs`),
    ...(facts.temporalUiUrl === undefined ? [] : [row('Temporal UI', facts.temporalUiUrl)]),
    row('Data', facts.settings.DATA_DIR),
    '',
    ...firstAdminLines(facts.firstAdmin, facts.settings),
    'Try it:',
    `  curl -X POST ${facts.apiUrl}/crew/start${credential(facts)}`,
    ...(facts.cliKeyFile === undefined ? [] : [`  npm run crew finds its API key in ${facts.cliKeyFile}`]),
    '',
    ...(facts.demoStandsIn
      ? [
          'No model provider is configured: the built-in demo model answers for every model. It shows the',
          'engine at work and is no language model. Give OPENAI_API_KEY or another (see .env.example).',
          '',
        ]
      : []),
    'Ctrl-C stops all of it.',
  ];
}

function credential(facts: StartFacts): string {
  if (facts.noAuth) return '';
  if (facts.firstAdmin !== null) return ` -H "X-API-Key: ${facts.firstAdmin.apiKey}"`;
  if (facts.cliKeyFile !== undefined) return ` -H "X-API-Key: $(cat '${facts.cliKeyFile}')"`;
  return ' -H "X-API-Key: <one of your API keys>"';
}
