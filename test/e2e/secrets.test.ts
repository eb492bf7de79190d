import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fails, says } from '../support/scripted-model.ts';
import {
  getExecution,
  PLANTED_PROVIDER_KEY,
  startCrew,
  startTestStack,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

/** Secrets are planted, everything is used once, and then every place a secret could have got to is searched. */

let stack: TestStack;
let secrets: Record<string, string>;
const TOPIC = 'a planted topic 7f3a';
const executions: string[] = [];

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
  const { admin } = stack.api;
  secrets = {
    'provider key': PLANTED_PROVIDER_KEY,
    'JWT secret': stack.settings.JWT_SECRET ?? '',
    'admin password': admin.password,
    'admin API key': admin.apiKey,
    'access token': admin.token,
    'signature of the access token': admin.token.split('.').at(-1) ?? '',
  };
  stack.model.script([
    says('fine'),
    says('good'),
    fails(401, { body: `{"error":{"message":"bad key ${PLANTED_PROVIDER_KEY}"}}` }),
  ]);
  for (let round = 0; round < 2; round += 1) {
    const id = await startCrew(stack, { crew: 'two-step', inputs: { topic: TOPIC } });
    executions.push(id);
    await waitForStatus(stack, id, ['completed', 'failed']);
  }
  const wrong = { authorization: 'Bearer mst_planted_but_wrong' };
  await fetch(`${stack.api.url}/api/v1/executions?token=${admin.token}`, { headers: wrong });
  await fetch(`${stack.api.url}/api/v1/executions/${executions[0]}/stream?token=${admin.token}`).then((r) =>
    r.text(),
  );
  await fetch(`${stack.api.url}/api/v1/executions`, { headers: { 'x-api-key': admin.apiKey } });
});
afterAll(() => stack.close());

function expectNoSecretIn(place: string, text: string): void {
  expect(text.length).toBeGreaterThan(0);
  const found = Object.entries(secrets).filter(([, secret]) => text.includes(secret));
  expect(found.map(([name]) => `${name} in ${place}`)).toEqual([]);
}

describe('a planted secret', () => {
  it('is really there to be found', () => {
    for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThan(15);
    expect(stack.model.requests.some((request) => JSON.stringify(request.body).includes(TOPIC))).toBe(true);
  });

  it('is in no line of a log', () => {
    expectNoSecretIn('the API log', stack.api.logLines.join('\n'));
    expectNoSecretIn('the engine log', `begin ${stack.logLines.join('\n')}`);
  });

  it('is in no row of any table', async () => {
    const { sql } = stack.api.database;
    const tables = await sql.query<{ name: string }>(
      `select relname as name from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace`,
    );
    let dump = '';
    for (const { name } of tables) {
      const rows = await sql.query<{ row: string }>(`select t::text as row from ${name} t`);
      dump += `${name}\n${rows.map(({ row }) => row).join('\n')}\n`;
    }
    expect(dump).toContain(TOPIC);
    expectNoSecretIn('the database', dump);
  });

  it('is in no history of Temporal, and neither is any text of a person or a model', async () => {
    let histories = '';
    for (const id of executions) {
      const { temporal } = await getExecution(stack, id);
      const history = historyToJSON(
        await stack.temporal.client.workflow.getHandle(temporal.workflow_id).fetchHistory(),
      );
      histories += history.replaceAll(/"data":\s*"([A-Za-z0-9+/=]+)"/g, (_match, text: string) =>
        Buffer.from(text, 'base64').toString('utf8'),
      );
    }
    expect(histories).toContain('performTask');
    expectNoSecretIn('the histories', histories);
    expect(histories).not.toContain(TOPIC);
    expect(histories).not.toContain('bad key');
  });

  it('is in no answer of the API about the failed execution', async () => {
    const failed = await stack.call('GET', `/api/v1/executions/${executions[1]}`);
    expect(JSON.stringify(failed.body)).toContain('MODEL_AUTH');
    expectNoSecretIn('the answer', JSON.stringify(failed.body));
  });
});
