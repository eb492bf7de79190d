import { randomUUID } from 'node:crypto';

/**
 * An agent that runs elsewhere: a program that knows an address, an API key and HTTP, and nothing of ours. It logs a
 * hundred steps, asks after some of them, and repeats what was not answered under the same id. What it hears it prints.
 */

const [base = '', key = '', instance = ''] = process.argv.slice(2);
const STEPS = 100;
const ASKS_AFTER = [25, 50, 75];
const RETRY_MS = 100;

interface Heard {
  id: string;
  content: string;
}
interface Answer {
  message_id?: string;
  queued_user_messages?: Heard[];
  messages?: Heard[];
  missed_messages?: Heard[];
  last_read_message_id?: string | null;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const tell = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
const heard = new Set<string>();

function hear(messages: readonly Heard[]): void {
  for (const { id, content } of messages) {
    if (heard.has(id)) continue;
    heard.add(id);
    tell({ heard: content });
  }
}

/** Sends until it is answered: a server that is gone comes back. */
async function call(method: string, path: string, body?: object): Promise<Answer> {
  for (;;) {
    try {
      const response = await fetch(`${base}/api/v1${path}`, {
        method,
        headers: { 'x-api-key': key, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(10_000),
      });
      if (response.ok) {
        const answer: Answer = JSON.parse(await response.text());
        return answer;
      }
      if (response.status < 500) {
        tell({ refused: response.status, text: await response.text() });
        process.exit(1);
      }
    } catch (error) {
      tell({ retry: error instanceof Error ? error.name : 'unknown' });
    }
    await pause(RETRY_MS);
  }
}

async function say(content: string, asks: boolean): Promise<string> {
  const answer = await call('POST', '/messages/agent', {
    agent_instance_id: instance,
    agent_type: 'external script',
    content,
    requires_user_input: asks,
    message_metadata: asks ? { question: { options: ['yes', 'no'] } } : {},
    message_id: randomUUID(),
  });
  hear(answer.queued_user_messages ?? []);
  return answer.message_id ?? '';
}

/** Looks until a person has answered. */
async function answerTo(question: string): Promise<void> {
  let cursor = await say(question, true);
  for (;;) {
    const path = `/messages/pending?agent_instance_id=${instance}&last_read_message_id=${cursor}`;
    const pending = await call('GET', path);
    const messages = [...(pending.missed_messages ?? []), ...(pending.messages ?? [])];
    hear(messages);
    cursor = pending.last_read_message_id ?? cursor;
    if (messages.some(({ content }) => content === 'yes')) return;
    await pause(RETRY_MS);
  }
}

for (let step = 1; step <= STEPS; step += 1) {
  await say(`step ${step}`, false);
  tell({ step });
  if (ASKS_AFTER.includes(step)) await answerTo(`go on after ${step}?`);
}
await call('POST', '/sessions/end', { agent_instance_id: instance });
tell({ ended: true });
