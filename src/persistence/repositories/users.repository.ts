import { randomUUID } from 'node:crypto';
import {
  ForeignKeyConstraintViolationException,
  UniqueConstraintViolationException,
  type EntityManager,
} from '@mikro-orm/postgresql';
import { conflict } from '../../domain/errors.ts';
import type { ExternalPerson } from '../../security/oidc.ts';
import { ExternalIdentity } from '../entities/external-identity.entity.ts';
import { User, type UserRole } from '../entities/user.entity.ts';
import { SessionsRepository } from './sessions.repository.ts';

/** Advisory lock of everything that could leave no admin; any constant will do. */
const ADMINS_LOCK = 7_305_003;

/** What is known of a user who is made here. The e-mail may be spelled in any way. */
export interface NewUser {
  email: string;
  name: string | null;
  passwordHash: string;
  role: UserRole;
  isActive: boolean;
}

/** What an admin may change of a user. */
export interface UserChange {
  name?: string | null;
  role?: UserRole;
  isActive?: boolean;
}

/** Users as the rest of the program asks for them; one per unit of work. */
export class UsersRepository {
  readonly #em: EntityManager;

  constructor(em: EntityManager) {
    this.#em = em;
  }

  /** By e-mail, however it is spelled. */
  findByEmail(email: string): Promise<User | null> {
    return this.#em.findOne(User, { email: email.toLowerCase() });
  }

  findById(id: string): Promise<User | null> {
    return this.#em.findOne(User, { id });
  }

  /** The admin who was there first: `--no-auth` acts in this name. */
  findFirstAdmin(): Promise<User | null> {
    return this.#em.findOne(
      User,
      { role: 'admin', isActive: true },
      { orderBy: { createdAt: 'asc', id: 'asc' } },
    );
  }

  /** Newest first. @returns a page and the total. */
  list(page: { skip: number; limit: number }): Promise<[User[], number]> {
    return this.#em.findAndCount(
      User,
      {},
      { orderBy: { createdAt: 'desc', id: 'desc' }, offset: page.skip, limit: page.limit },
    );
  }

  /** @throws {MusterError} CONFLICT when the e-mail is taken. */
  async create(user: NewUser, now: Date): Promise<User> {
    const made = this.#em.create(User, {
      id: randomUUID(),
      ...user,
      email: user.email.toLowerCase(),
      createdAt: now,
      updatedAt: now,
    });
    await emailMustBeFree(() => this.#em.flush());
    return made;
  }

  /**
   * Makes an ordinary user, unless the e-mail has an account already, which then stays as it is. Both write one row of
   * `users` and take as long.
   * @returns the id of who has the address, and whether it was made just now.
   */
  async register(
    user: Pick<NewUser, 'email' | 'name' | 'passwordHash'>,
    now: Date,
  ): Promise<{ id: string; isNew: boolean }> {
    const [row] = await this.#em.execute<{ id: string; is_new: boolean }[]>(
      `insert into users (id, email, name, password_hash, created_at, updated_at) values (?, ?, ?, ?, ?, ?)
       on conflict (email) do update set updated_at = users.updated_at returning id, (xmax = 0) as is_new`,
      [randomUUID(), user.email.toLowerCase(), user.name, user.passwordHash, now, now],
    );
    if (row === undefined) throw new Error('an upsert of a user gave no row');
    return { id: row.id, isNew: row.is_new };
  }

  /** What users may change of themselves. @throws {MusterError} CONFLICT when the e-mail is taken. */
  async changeProfile(
    user: User,
    change: { name?: string | null; email?: string },
    now: Date,
  ): Promise<void> {
    if (change.name !== undefined) user.name = change.name;
    if (change.email !== undefined) user.email = change.email.toLowerCase();
    user.updatedAt = now;
    await emailMustBeFree(() => this.#em.flush());
  }

  /**
   * What admins may change of others. Disabling ends every session, and the tokens issued before stay dead when the
   * user is enabled again. @returns null when there is no such user.
   * @throws {MusterError} CONFLICT when no active admin would be left.
   */
  update(id: string, change: UserChange, now: Date): Promise<{ before: UserChange; user: User } | null> {
    return this.#em.transactional(async (em) => {
      if (change.role === 'user' || change.isActive === false) await keepAnAdmin(em, id);
      const user = await em.findOne(User, { id }, { refresh: true });
      if (user === null) return null;
      const before = { name: user.name ?? null, role: user.role, isActive: user.isActive };
      Object.assign(user, change, { updatedAt: now });
      if (before.isActive && !user.isActive) {
        user.tokensValidAfter = now;
        // Before the sessions: a login under way holds the user's row until its session can be seen.
        await em.flush();
        await new SessionsRepository(em).endAll(id, now);
      }
      return { before, user };
    });
  }

  /**
   * Deletes a user with all credentials. @returns false when there is no such user.
   * @throws {MusterError} CONFLICT when no active admin would be left, or the user owns what must stay.
   */
  delete(id: string): Promise<boolean> {
    return this.#em.transactional(async (em) => {
      await keepAnAdmin(em, id);
      try {
        return (await em.nativeDelete(User, { id })) > 0;
      } catch (error) {
        if (!(error instanceof ForeignKeyConstraintViolationException)) throw error;
        throw conflict('This user owns executions, which stay: disable the user instead (is_active: false)');
      }
    });
  }

  /** The user an external issuer's subject is here, in one query; null at first sight. */
  async findExternal({ issuer, subject }: ExternalPerson): Promise<User | null> {
    const identity = await this.#em.findOne(
      ExternalIdentity,
      { issuer, subject },
      { populate: ['user'], strategy: 'joined' },
    );
    return identity?.user ?? null;
  }

  /**
   * Makes the user for somebody of an external issuer. The e-mail is taken over when it is verified and nobody's:
   * whoever had it here before must not be reached through an issuer. Many may call it at once: one makes the user.
   */
  makeExternal(person: ExternalPerson, now: Date): Promise<User> {
    const { issuer, subject, email, name } = person;
    return this.#em.transactional(async (em) => {
      await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`${issuer}\n${subject}`]);
      const known = await new UsersRepository(em).findExternal(person);
      if (known !== null) return known;
      const id = randomUUID();
      const insert = `insert into users (id, email, name, created_at, updated_at) values (?, ?, ?, ?, ?)
        on conflict (email) do nothing returning id`;
      const made = await em.execute<object[]>(insert, [id, email, name, now, now]);
      if (made.length === 0) await em.execute(insert, [id, null, name, now, now]);
      await em.insert(ExternalIdentity, { issuer, subject, user: id, createdAt: now });
      return em.findOneOrFail(User, { id });
    });
  }
}

async function emailMustBeFree(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof UniqueConstraintViolationException)) throw error;
    throw conflict('This e-mail address is taken');
  }
}

/** One at a time: of two admins who demote each other at once, one must find the other gone. */
async function keepAnAdmin(em: EntityManager, id: string): Promise<void> {
  await em.execute('select pg_advisory_xact_lock(?)', [ADMINS_LOCK]);
  const active = { role: 'admin', isActive: true } as const;
  const isOne = (await em.count(User, { ...active, id })) > 0;
  if (isOne && (await em.count(User, { ...active, id: { $ne: id } })) === 0) {
    throw conflict('This is the last active admin: make another one first');
  }
}
