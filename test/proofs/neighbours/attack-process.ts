import { setPriority } from 'node:os';
import { orderSchema, type Order, type Report } from './attack-messages.ts';
import { attackerOf, callerOf } from './attack.ts';
import { HOSTILE_DOORS, type Door } from './hostile-doors.ts';

/**
 * The program of the attacker: a process of its own behind everything else on the machine, because who attacks does it
 * from another machine, and what its requests cost to write is not to be measured.
 */

const DOORS: Readonly<Record<string, Door>> = HOSTILE_DOORS;

const LOWEST_PRIORITY = 19;
/** Whether it was told to stop. */
const state = { over: false };

const tell = (report: Report): void => void process.send?.(report);

async function attack({
  url,
  token,
  doors,
  atOnce,
  again,
}: Extract<Order, { kind: 'attack' }>): Promise<void> {
  state.over = false;
  const attacker = attackerOf(callerOf(url, token, 'attacker'), () => state.over);
  const prepared = new Map<string, { door: Door; made: string }>();
  for (const name of doors) {
    const door = DOORS[name];
    if (door !== undefined) prepared.set(name, { door, made: (await door.prepare?.(attacker)) ?? '' });
  }
  tell({ kind: 'ready' });
  const isLast = (): boolean => state.over || !again;
  const attacks = [...prepared].flatMap(([name, { door, made }]) =>
    Array.from({ length: atOnce }, async () => {
      do {
        tell({ kind: 'answer', door: name, answer: await door.attack(attacker, made) });
      } while (!isLast());
    }),
  );
  await Promise.all(attacks);
  tell({ kind: 'over' });
}

setPriority(LOWEST_PRIORITY);
process.on('message', (message) => {
  const order = orderSchema.parse(message);
  if (order.kind === 'stop') state.over = true;
  else attack(order).catch((error: unknown) => tell({ kind: 'failed', error: String(error) }));
});
