import type { EntityManager } from '@mikro-orm/postgresql';
import { User } from '../entities/user.entity.ts';

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
}
