import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import { z } from 'zod';
import type { Attacker } from './hostile-doors.ts';

/** Requests of one user to an API. */
export type Caller = Attacker['send'];

/** Bodies that are sent again and again are written once: the measuring process must not be what is busy. */
const written = new WeakMap<object, string>();
function jsonOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return JSON.stringify(body);
  const text = written.get(body) ?? JSON.stringify(body);
  written.set(body, text);
  return text;
}

/** Networks of loopback: those who attack and those who do not have addresses of their own. */
const NETWORKS = { neighbour: 1, attacker: 2 };
type Who = keyof typeof NETWORKS;

let addresses = 0;
/** An address of loopback that nobody has spoken from: rate limits count by address. */
function freshAddress(who: Who): string {
  addresses += 1;
  return `127.${NETWORKS[who]}.${addresses >> 8}.${addresses & 255 || 1}`;
}

/** Requests of one user from one address of its own. @param url of the API, without a path */
export function callerOf(url: string, token: string, who: Who): Caller {
  const dispatcher = new Agent({ localAddress: freshAddress(who) });
  return async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      dispatcher,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: jsonOf(body) }),
    });
    const text = await response.text();
    let parsed: unknown = null;
    // a zip, or nothing at all
    if (response.headers.get('content-type')?.includes('json') === true && text !== '')
      parsed = JSON.parse(text);
    return { status: response.status, body: parsed };
  };
}

/** Requests from one address before the next one is taken, where a user shall not meet the rate limit. */
const REQUESTS_OF_ADDRESS = 60;

/** Requests of one user from one address after the other. */
export function wanderingCallerOf(url: string, token: string): Caller {
  let left = 0;
  let send: Caller = callerOf(url, token, 'neighbour');
  return (method, path, body) => {
    if (left === 0) {
      send = callerOf(url, token, 'neighbour');
      left = REQUESTS_OF_ADDRESS;
    }
    left -= 1;
    return send(method, path, body);
  };
}

const startedSchema = z.looseObject({ execution_id: z.string() });
const executionSchema = z.looseObject({ status: z.string(), error_code: z.string().nullish() });
const FINAL = ['completed', 'failed', 'cancelled'];

/** Starts an execution. @throws with the answer when it is not accepted */
export async function startRun(send: Caller, path: string, body: unknown): Promise<string> {
  const answer = await send('POST', path, body);
  const started = startedSchema.safeParse(answer.body);
  if (!started.success) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return started.data.execution_id;
}

/** How often a run is looked at: what nobody waits for less often, for the rate limit's sake. */
const LOOK_MS = { neighbour: 20, attacker: 1_000 };

/** @returns `status`, and the error code of a failed one */
export async function endOf(
  send: Caller,
  id: string,
  who: Who,
  isOver: () => boolean = () => false,
): Promise<string> {
  for (;;) {
    const { status: answered, body } = await send('GET', `/api/v1/executions/${id}`);
    if (answered === 429 && who === 'attacker') {
      if (isOver()) return 'not over yet';
      await sleep(LOOK_MS[who]);
      continue;
    }
    const { status, error_code: code } = executionSchema.parse(body);
    if (FINAL.includes(status)) return code === null || code === undefined ? status : `${status} ${code}`;
    if (isOver()) return 'not over yet';
    await sleep(LOOK_MS[who]);
  }
}

const idSchema = z.looseObject({ id: z.string() });
const pathSchema = z.looseObject({ path: z.string() });
let flowNumber = 0;

/** @param isOver when it is true, runs that are under way are left alone */
export function attackerOf(send: Caller, isOver: () => boolean): Attacker {
  return {
    send,
    async graph(document) {
      const answer = await send('POST', '/api/v1/graphs', document);
      const made = idSchema.safeParse(answer.body);
      if (!made.success) throw new Error(`no graph: ${answer.status} ${JSON.stringify(answer.body)}`);
      return made.data.id;
    },
    async flow(definition) {
      flowNumber += 1;
      const answer = await send('POST', '/api/v1/flows', {
        definition: { ...definition, name: `Hostile${flowNumber}` },
      });
      const made = pathSchema.safeParse(answer.body);
      if (!made.success) throw new Error(`no flow: ${answer.status} ${JSON.stringify(answer.body)}`);
      return made.data.path;
    },
    async runToEnd(path, body) {
      const answer = await send('POST', path, body);
      const started = startedSchema.safeParse(answer.body);
      if (!started.success) return String(answer.status);
      return endOf(send, started.data.execution_id, 'attacker', isOver);
    },
  };
}
