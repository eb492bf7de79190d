import { Migration } from '@mikro-orm/migrations';
import { policy } from './row-policies.ts';

/** Nobody's rows, asked before anybody knows whose request it is. */
const PEOPLE = `(select muster_scope_is('system', 'people'))`;

/** Wrong passwords of an account over all addresses, and the addresses from which it has succeeded. */
export class Migration20261201000071 extends Migration {
  override up(): void {
    this.addSql(guesses);
    this.addSql(known);
    this.addSql(policy('guesses', PEOPLE));
    this.addSql(policy('known_addresses', PEOPLE));
  }
}

/** `subject` is a hash of what is guessed at; `open_at`: the next guess is heard from then on. */
const guesses = `
create table guesses (
  subject text primary key,
  wrong integer not null,
  last_at timestamptz not null,
  open_at timestamptz not null
);
create index guesses_last on guesses (last_at);
`;

const known = `
create table known_addresses (
  account text not null,
  address text not null,
  seen_at timestamptz not null,
  primary key (account, address)
);
create index known_addresses_seen on known_addresses (seen_at);
`;
