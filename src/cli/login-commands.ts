import { hostname } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { z } from 'zod';
import { createApiClient, type ApiClient } from './api-client.ts';
import { settingsFor, withServer, type Outcome, type ServerFlags } from './command-line.ts';
import { onServer } from './crew.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { serverUrl } from './server.ts';
import { forgetLogin, storedLogin, storeLogin } from './stored-login.ts';

const session = z.object({ access_token: z.string() });
const newKey = z.object({ id: z.uuid(), key: z.string() });
const person = z.looseObject({ email: z.string(), role: z.string() });

/** Who is asking: an API key of its own for each server, made at the login and kept for later commands. */
export function addLoginCommands(program: Command, outcome: Outcome): void {
  withServer(
    program
      .command('login')
      .description('make an API key with e-mail and password, and keep it for this server')
      .option('--email <email>', 'asked for when it is left out')
      .addHelpText('after', '\nThe password is asked for, or read from the first line of stdin in a pipe.'),
  ).action(async (flags: ServerFlags & { email?: string }) => {
    const settings = settingsFor(flags);
    outcome.code = await onServer(settings, async (_client, terminal) => {
      const url = serverUrl(settings);
      const { client, email } = await signIn(url, flags.email);
      const name = `muster on ${hostname()}`.slice(0, 200);
      const { id, key } = newKey.parse(await client.call('POST', '/api/v1/api-keys', { name }));
      await storeLogin(url, { api_key: key, key_id: id });
      if (flags.json) terminal.data(JSON.stringify({ url, email, key_id: id }, null, 2));
      terminal.say(`Logged in to ${url} as ${email}, with an API key called “${name}”.`, 'good');
      return EXIT.ok;
    });
  });
  withServer(program.command('logout').description('revoke the kept API key and forget it')).action(
    async (flags: ServerFlags) => {
      const settings = settingsFor(flags);
      outcome.code = await onServer(settings, async (_client, terminal) => {
        const url = serverUrl(settings);
        const login = await storedLogin(url);
        if (login === undefined) throw new CliError(EXIT.auth, `No login is kept for ${url}`);
        if (login.key_id !== null)
          await createApiClient({ url, apiKey: login.api_key }).call(
            'DELETE',
            `/api/v1/api-keys/${login.key_id}`,
          );
        // Only now: a key that could not be revoked must not be lost.
        await forgetLogin(url);
        if (flags.json) terminal.data(JSON.stringify({ url, key_id: login.key_id }, null, 2));
        terminal.say(`Logged out of ${url}.`);
        return EXIT.ok;
      });
    },
  );
  withServer(program.command('whoami').description('as whom the server sees you')).action(
    async (flags: ServerFlags) => {
      outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
        const me = person.parse(await client.call('GET', '/api/v1/auth/me'));
        terminal.data(flags.json ? JSON.stringify(me, null, 2) : me.email);
        if (!flags.json) terminal.say(`${me.role} on ${client.url}`);
        return EXIT.ok;
      });
    },
  );
}

/**
 * What only a person may do, and no API key: asks who it is.
 * @returns a client that speaks with an access token
 */
export async function signIn(
  url: string,
  given: string | undefined,
): Promise<{ client: ApiClient; email: string }> {
  if (given === undefined && !process.stdin.isTTY)
    throw new CliError(EXIT.usage, 'Give --email: only the password is read from a pipe.');
  const email = given ?? (await ask('E-mail: ', { hidden: false }));
  const password = await ask(`Password of ${email}: `, { hidden: true });
  const anonymous = createApiClient({ url, apiKey: undefined });
  const { access_token: apiKey } = session.parse(
    await anonymous.call('POST', '/api/v1/auth/login', { email, password }),
  );
  return { client: createApiClient({ url, apiKey }), email };
}

/** Asks on the terminal, or takes the next line of a pipe. @throws {CliError} when there is none */
async function ask(question: string, { hidden }: { hidden: boolean }): Promise<string> {
  const { stdin, stderr } = process;
  if (stdin.isTTY) stderr.write(question);
  // What is typed is shown by readline itself, so its output goes nowhere while a password is typed.
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!hidden) stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: stdin, output, terminal: stdin.isTTY });
  try {
    for await (const line of lines) {
      if (hidden && stdin.isTTY) stderr.write('\n');
      if (line !== '') return line;
    }
  } finally {
    lines.close();
  }
  throw new CliError(EXIT.usage, 'Nothing was typed.');
}
