import { Migration } from '@mikro-orm/migrations';

/**
 * What MLflow has still to be told: an execution is due from the transaction that ends it, with no statement more, until
 * MLflow has taken it. Beside MLflow nobody reads the two columns.
 */
export class Migration20261124000033 extends Migration {
  override up(): void {
    this.addSql('alter table executions add column mlflow_due_at timestamptz, add column mlflow_run_id text');
    this.addSql(
      'create index executions_mlflow_due on executions (mlflow_due_at) where mlflow_due_at is not null',
    );
    this.addSql(due);
    this.addSql(trigger);
  }
}

const due = `
create function mlflow_due() returns trigger language plpgsql as $$
begin
  new.mlflow_due_at := new.completed_at;
  return new;
end
$$;
`;

const trigger = `
create trigger executions_mlflow_due before update of status on executions for each row
  when (new.status in ('completed', 'failed', 'cancelled') and new.status is distinct from old.status)
  execute function mlflow_due();
`;
