import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { reportSchema, type Order } from './attack-messages.ts';

const PROGRAM = fileURLToPath(new URL('./attack-process.ts', import.meta.url));

export interface AttackOptions {
  doors: readonly string[];
  /** Attacks at once through each door. */
  atOnce: number;
  /** Whether each is repeated until the end. */
  again: boolean;
}

/** The attacks of one scene. `answers`: how often each came, by `door: answer`. */
export interface RunningAttack {
  answers: Record<string, number>;
  /** @throws what the attacker stumbled over */
  end(): Promise<void>;
}

/** Attacks in the name of the user of a token, from a process of its own. */
export interface AttackProcess {
  /** Begun when what the doors need is made. */
  attack(options: AttackOptions): Promise<RunningAttack>;
  close(): Promise<void>;
}

export function startAttacker(url: string, token: string): AttackProcess {
  const child = fork(PROGRAM, { execArgv: [] });
  const exited = once(child, 'exit');
  const order = (message: Order): void => void child.send(message);
  return {
    async attack({ doors, atOnce, again }) {
      const answers: Record<string, number> = {};
      const ready = Promise.withResolvers<void>();
      const over = Promise.withResolvers<void>();
      const fail = (error: Error): void => {
        ready.reject(error);
        over.reject(error);
      };
      over.promise.catch(() => undefined);
      child.removeAllListeners('message');
      child.on('message', (message) => {
        const report = reportSchema.parse(message);
        switch (report.kind) {
          case 'ready':
            return ready.resolve();
          case 'over':
            return over.resolve();
          case 'failed':
            return fail(new Error(report.error));
          case 'answer': {
            const key = `${report.door}: ${report.answer}`;
            answers[key] = (answers[key] ?? 0) + 1;
          }
        }
      });
      void exited.then(() => fail(new Error('the attacker’s process has ended')));
      order({ kind: 'attack', url, token, doors: [...doors], atOnce, again });
      await ready.promise;
      return {
        answers,
        async end() {
          order({ kind: 'stop' });
          await over.promise;
        },
      };
    },
    async close() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
