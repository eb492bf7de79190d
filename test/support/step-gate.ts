import { Client } from 'pg';

/** Any constant will do. */
const GATE = 7_305_911;

/** Holds the worker back at one place of a flow, so that a test can kill it exactly there. */
export interface StepGate {
  /** Closes the gate at the begin of a run of a step (its row is being made), or at its end (being written). */
  close(stepKey: string, at: 'begin' | 'end'): Promise<void>;
  /** Resolves once somebody stands at the gate. */
  reached(): Promise<void>;
  /** Opens it, for good or until it is closed anew. */
  open(): Promise<void>;
  end(): Promise<void>;
}

/** @param url of a test's own database */
export async function makeStepGate(url: string): Promise<StepGate> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`
    create table step_gate (task_key text not null, place text not null);
    create function stand_at_gate() returns trigger language plpgsql as $$
    begin
      if exists (select 1 from step_gate where task_key = new.task_key and place = tg_argv[0]) then
        perform pg_advisory_xact_lock(${GATE});
      end if;
      return new;
    end $$;
    create trigger gate_begin before insert on task_executions for each row execute function stand_at_gate('begin');
    create trigger gate_end before update of status on task_executions for each row
      when (new.status = 'completed' and old.status <> 'completed') execute function stand_at_gate('end');
  `);
  return {
    async close(stepKey, at) {
      await client.query('insert into step_gate values ($1, $2)', [stepKey, at]);
      await client.query('select pg_advisory_lock($1)', [GATE]);
    },
    async reached() {
      for (let tries = 0; tries < 600; tries += 1) {
        const { rows } = await client.query(
          `select 1 from pg_locks where locktype = 'advisory' and objid = $1 and not granted
             and database = (select oid from pg_database where datname = current_database())`,
          [GATE],
        );
        if (rows.length > 0) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error('nobody came to the gate within 30 s');
    },
    async open() {
      await client.query('delete from step_gate');
      await client.query('select pg_advisory_unlock($1)', [GATE]);
    },
    end: () => client.end(),
  };
}
