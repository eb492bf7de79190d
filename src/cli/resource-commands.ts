import type { Command } from 'commander';
import { z } from 'zod';
import { lostNumberAdvice, lostNumbers } from '../domain/exact-numbers.ts';
import { collectFile, settingsFor, withServer, type Outcome, type ServerFlags } from './command-line.ts';
import { onServer } from './crew.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { addCall, addGet, addList } from './listing.ts';
import { signIn } from './login-commands.ts';
import { serverUrl } from './server.ts';

/** What stands beside runs: questions, schedules, webhooks, API keys. */
export function addResourceCommands(program: Command, outcome: Outcome): void {
  addQuestions(program, outcome);
  addSchedules(program, outcome);
  addWebhooks(program, outcome);
  addKeys(program, outcome);
}

function addQuestions(program: Command, outcome: Outcome): void {
  const questions = program.command('questions').description('what agents ask people');
  addList(
    questions,
    outcome,
    {
      path: '/api/v1/questions',
      filters: [{ flag: '--status <status>', query: 'status', about: 'open, answered or expired' }],
      columns: { ID: 'id', STATUS: 'status', RUN: 'execution_id', TASK: 'task_key', QUESTION: 'question' },
    },
    'the newest questions',
  );
  addGet(questions, outcome, '/api/v1/questions', 'one question');
  withServer(
    questions
      .command('answer <id> <answer>')
      .description('answer one; what reads as JSON is taken as JSON, everything else as text'),
  ).action(async (id: string, text: string, flags: ServerFlags) => {
    outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
      const at = `/api/v1/questions/${encodeURIComponent(id)}`;
      const asked = z
        .looseObject({ schema: z.unknown(), multiple: z.boolean() })
        .parse(await client.call('GET', at));
      const plain = asked.multiple ? text.split(',').map((one) => one.trim()) : text;
      const answer = (asked.schema === null ? undefined : readJson(text)) ?? plain;
      const answered = await client.call('POST', `${at}/answer`, { answer });
      if (flags.json) terminal.data(JSON.stringify(answered, null, 2));
      else terminal.say('Answered; the run goes on.', 'good');
      return EXIT.ok;
    });
  });
}

function readJson(text: string): z.output<ReturnType<typeof z.json>> | undefined {
  const [lost] = lostNumbers(text);
  if (lost !== undefined) throw new CliError(EXIT.usage, lostNumberAdvice(lost.source));
  try {
    return z.json().parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function addSchedules(program: Command, outcome: Outcome): void {
  const path = '/api/v1/schedules';
  const schedules = program.command('schedules').description('when crews start by themselves');
  const columns = {
    ID: 'id',
    NAME: 'name',
    CRON: 'cron',
    ZONE: 'timezone',
    PAUSED: 'paused',
    NEXT: 'next_runs.0',
  };
  addList(schedules, outcome, { path, columns }, 'your schedules');
  addGet(schedules, outcome, path, 'one schedule, with the times that came last');
  const ask = (name: string, about: string) =>
    addCall(schedules, outcome, { name, about, method: 'POST', at: (id) => `${path}/${id}/${name}` });
  ask('pause', 'start nothing until it is resumed');
  ask('resume', 'start again when the next time comes');
  ask('trigger', 'start it now, beside its times');
  addCall(schedules, outcome, {
    name: 'rm',
    about: 'delete it',
    method: 'DELETE',
    at: (id) => `${path}/${id}`,
  });
}

function addWebhooks(program: Command, outcome: Outcome): void {
  const path = '/api/v1/webhooks';
  const webhooks = program.command('webhooks').description('who is told of events');
  const columns = {
    ID: 'id',
    URL: 'url',
    EVENTS: 'events',
    ENABLED: 'is_enabled',
    'LAST SUCCESS': 'last_success_at',
  };
  addList(webhooks, outcome, { path, columns }, 'your webhooks');
  addGet(webhooks, outcome, path, 'one webhook');
  withServer(
    webhooks
      .command('add <url>')
      .description('tell a URL of events; its secret is printed this once')
      .requiredOption('--event <type>', 'an event type, with * for any piece; repeatable', collectFile, []),
  ).action(async (url: string, flags: ServerFlags & { event: string[] }) => {
    outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
      const made = z
        .looseObject({ id: z.string(), secret: z.string() })
        .parse(await client.call('POST', path, { url, events: flags.event }));
      terminal.data(flags.json ? JSON.stringify(made, null, 2) : made.secret);
      terminal.say(`Webhook ${made.id} is told; the secret is not shown again.`, 'good');
      return EXIT.ok;
    });
  });
  addCall(webhooks, outcome, {
    name: 'test',
    about: 'send it a test event now',
    method: 'POST',
    at: (id) => `${path}/${id}/test`,
    shows: true,
  });
  addCall(webhooks, outcome, {
    name: 'rm',
    about: 'delete it',
    method: 'DELETE',
    at: (id) => `${path}/${id}`,
  });
}

function addKeys(program: Command, outcome: Outcome): void {
  const path = '/api/v1/api-keys';
  const keys = program.command('keys').description('API keys');
  const columns = {
    ID: 'id',
    NAME: 'name',
    PREFIX: 'prefix',
    SCOPES: 'scopes',
    EXPIRES: 'expires_at',
    USED: 'last_used_at',
  };
  addList(keys, outcome, { path, columns }, 'your API keys');
  withServer(
    keys
      .command('add <name>')
      .description('make one; it is printed this once. Wants e-mail and password: a key makes no keys')
      .option('--email <email>', 'asked for when it is left out')
      .option(
        '--scope <scope>',
        'read, write or admin; repeatable (default: read and write)',
        collectFile,
        [],
      )
      .option('--expires <time>', 'when it ends, as in 2027-01-31T00:00:00Z'),
  ).action(
    async (name: string, flags: ServerFlags & { scope: string[]; expires?: string; email?: string }) => {
      const settings = settingsFor(flags);
      outcome.code = await onServer(settings, async (_client, terminal) => {
        const { client } = await signIn(serverUrl(settings), flags.email);
        const made = z.looseObject({ id: z.string(), key: z.string() }).parse(
          await client.call('POST', path, {
            name,
            ...(flags.scope.length > 0 && { scopes: flags.scope }),
            ...(flags.expires !== undefined && { expires_at: flags.expires }),
          }),
        );
        terminal.data(flags.json ? JSON.stringify(made, null, 2) : made.key);
        terminal.say(`API key ${made.id}; it is not shown again.`, 'good');
        return EXIT.ok;
      });
    },
  );
  addCall(keys, outcome, { name: 'rm', about: 'revoke it', method: 'DELETE', at: (id) => `${path}/${id}` });
}
