import { Migration } from '@mikro-orm/migrations';

/** Batches are found by their id alone: whose they are, the runs themselves say. */
export class Migration20261124000026 extends Migration {
  override up(): void {
    this.addSql('drop index executions_batch');
    this.addSql('create index executions_batch on executions (batch_id, id desc) where batch_id is not null');
  }
}
