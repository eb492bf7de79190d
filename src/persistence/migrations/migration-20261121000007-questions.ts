import { Migration } from '@mikro-orm/migrations';
import { ownedBy, policy } from './row-policies.ts';

/** Questions that runs put to people, and the word to the workflow that one was answered. */
export class Migration20261121000007 extends Migration {
  override up(): void {
    this.addSql(questions);
    this.addSql(policy('questions', ownedBy('owner_id')));
    this.addSql('alter table outbox drop constraint outbox_command_check');
    this.addSql(
      `alter table outbox add constraint outbox_command_check check (command in ('start', 'pause', 'resume', 'cancel', 'answer'))`,
    );
  }
}

const questions = `
create table questions (
  id uuid primary key,
  owner_id uuid not null,
  execution_id integer not null references executions (id) on delete cascade,
  task_execution_id integer not null references task_executions (id) on delete cascade,
  task_key text not null,
  question_key text not null,
  generation integer not null,
  kind text not null check (kind in ('ask_human', 'human_input', 'unknown_outcome')),
  question text not null,
  options jsonb,
  schema jsonb,
  has_default boolean not null,
  default_answer jsonb,
  status text not null check (status in ('open', 'answered', 'expired')),
  answer jsonb,
  asked_at timestamptz not null,
  answered_at timestamptz,
  answered_by uuid,
  expires_at timestamptz,
  unique (task_execution_id, question_key, generation)
);
create index questions_execution on questions (execution_id, asked_at);
create index questions_owner on questions (owner_id, status, asked_at desc);
`;
