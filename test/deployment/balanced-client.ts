import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** What a load balancer before two APIs lets a client see: a refused connection is tried on the other one. */

const startedSchema = z.object({ execution_id: z.string() });

/** What a client met. `answers` counts by status. */
export interface Met {
  answers: Map<number, number>;
  /** Connections that one API refused or cut, and the other took. */
  failedOver: number;
  /** Requests that no API took. */
  lost: number;
}

export interface BalancedClient {
  met: Met;
  /** @returns the answer of the first API that takes the request, or null when none does */
  ask(
    method: 'GET' | 'POST',
    path: string,
    options?: { body?: unknown; key?: string },
  ): Promise<Response | null>;
  /** Starts the research crew with its example inputs and stays with it until it is accepted. @returns its execution id */
  start(): Promise<string>;
}

/** @param urls of the APIs */
export function balancedClient(urls: readonly string[], apiKey: string): BalancedClient {
  const met: Met = { answers: new Map(), failedOver: 0, lost: 0 };
  let turn = 0;

  const ask: BalancedClient['ask'] = async (method, path, { body, key } = {}) => {
    turn += 1;
    for (let attempt = 0; attempt < urls.length; attempt += 1) {
      const url = urls[(turn + attempt) % urls.length] ?? '';
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          'x-api-key': apiKey,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      }).catch(() => null);
      if (answer !== null) {
        met.answers.set(answer.status, (met.answers.get(answer.status) ?? 0) + 1);
        return answer;
      }
      if (attempt < urls.length - 1) met.failedOver += 1;
    }
    met.lost += 1;
    return null;
  };

  return {
    met,
    ask,
    async start() {
      const key = randomUUID();
      for (;;) {
        const answer = await ask('POST', '/crew/start', { key });
        if (answer?.ok === true) return startedSchema.parse(await answer.json()).execution_id;
        const said = answer === null ? 'no answer' : `${answer.status} ${await answer.text()}`;
        // 503 and 409 (the first try is still in flight) are what a client is told to try again.
        if (answer !== null && answer.status !== 503 && answer.status !== 409) throw new Error(said);
        await sleep(300);
      }
    },
  };
}

export const describeMet = ({ answers, failedOver, lost }: Met): string => {
  const counts = [...answers].sort(([one], [other]) => one - other).map(([status, n]) => `${n} × ${status}`);
  return `${counts.join(', ')}; ${failedOver} connections went to the other API; ${lost} requests nobody took`;
};
