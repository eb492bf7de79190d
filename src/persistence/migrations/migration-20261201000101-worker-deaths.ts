import { Migration } from '@mikro-orm/migrations';

/**
 * Which worker has a task in hand, and the workers that died with it in hand since it last came on: `holder_id` and `died_in`,
 * both ids of `workers`. And which task a worker tries apart from others of that kind (`task_executions.id`).
 */
export class Migration20261201000101 extends Migration {
  override up(): void {
    this.addSql(`alter table task_executions add column holder_id uuid,
      add column died_in uuid[] not null default '{}'`);
    this.addSql(
      `create index task_executions_died_in on task_executions using gin (died_in) where died_in <> '{}'`,
    );
    this.addSql('alter table workers add column tries_alone integer');
  }
}
