import { Migration } from '@mikro-orm/migrations';

/** Answers kept for repeated requests, counters of the rate limits, and the queue of runs above an owner's limit. */
export class Migration20261121000003 extends Migration {
  override up(): void {
    this.addSql(idempotencyKeys);
    this.addSql(rateLimits);
    this.addSql(queue);
    this.addSql(takeRunSlot);
    this.addSql(releaseRuns);
  }
}

/**
 * One row a key. `id` stays when a dead process's claim is taken over, so that what was made in its name can be
 * found; `claim` changes, so that only the newest taker may write the answer. No status yet: in flight.
 */
const idempotencyKeys = `
create table idempotency_keys (
  owner_id uuid not null references users (id) on delete cascade,
  operation text not null,
  key text not null,
  id uuid not null,
  claim uuid not null,
  request_hash text not null,
  lease_until timestamptz not null,
  status integer,
  headers jsonb,
  body text,
  created_at timestamptz not null,
  primary key (owner_id, operation, key)
);
create unique index idempotency_keys_id on idempotency_keys (id);
create index idempotency_keys_created on idempotency_keys (created_at);
`;

/** Unlogged: a crash of the server may forget who called how often, and every call writes here. */
const rateLimits = `
create unlogged table rate_limits (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
);
create index rate_limits_expire on rate_limits (expire);
`;

const queue = `
alter table executions add column queued boolean not null default false;
alter table executions add column idempotency_key text;
create unique index executions_idempotency_key on executions (owner_id, idempotency_key)
  where idempotency_key is not null;
create index executions_active on executions (owner_id)
  where not queued and status not in ('completed', 'failed', 'cancelled');
create index executions_queue on executions (owner_id, priority desc, id)
  where queued and status = 'pending';
`;

/**
 * Says whether one more run of an owner has to queue. All who start or end runs of one owner pass here one after
 * another, until their commit: so the count is right. Each statement in the function has a snapshot of its own,
 * taken after the lock. A limit of 0 is none. The lock comes after the row of the run at hand, before the log head.
 */
const takeRunSlot = `
create function take_run_slot(p_owner_id uuid, p_limit integer) returns boolean
language plpgsql as $$
declare
  v_active integer;
begin
  if p_limit <= 0 then
    return false;
  end if;
  perform pg_advisory_xact_lock(7305007, hashtext(p_owner_id::text));
  select count(*) into v_active from (
    select 1 from executions
     where owner_id = p_owner_id and not queued and status not in ('completed', 'failed', 'cancelled')
     limit p_limit
  ) as active;
  return v_active >= p_limit;
end
$$;
`;

/**
 * Lets queued runs go, as many as there are free slots and at most p_most: priority first, then age. A row that
 * somebody else holds is skipped: its holder waits for our lock, or is taking it out of the queue.
 */
const releaseRuns = `
create function release_runs(p_owner_id uuid, p_limit integer, p_most integer, p_now timestamptz)
returns setof integer
language plpgsql as $$
declare
  v_id integer;
  v_left integer := p_most;
begin
  if p_limit > 0 then
    perform pg_advisory_xact_lock(7305007, hashtext(p_owner_id::text));
  end if;
  while v_left > 0 loop
    select id into v_id from executions
     where owner_id = p_owner_id and queued and status = 'pending'
     order by priority desc, id limit 1 for no key update skip locked;
    exit when not found or take_run_slot(p_owner_id, p_limit);
    update executions set queued = false, updated_at = p_now where id = v_id;
    insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
    select id, execution_id, 'start', jsonb_build_object('generation', generation), p_now, p_now
      from executions where id = v_id;
    v_left := v_left - 1;
    return next v_id;
  end loop;
end
$$;
`;
