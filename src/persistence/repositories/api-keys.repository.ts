import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { ApiKeyScope } from '../../security/api-key.ts';
import { ApiKey } from '../entities/api-key.entity.ts';
import { User } from '../entities/user.entity.ts';

/** What is known of a key when it is made; the secret itself never comes here. */
export interface NewApiKey {
  ownerId: string;
  name: string;
  publicId: string;
  secretHash: string;
  scopes: ApiKeyScope[];
  expiresAt: Date | null;
  createdAt: Date;
}

/** What may change of a key: what its owner calls it and lets it do, and, when it is rotated, the key itself. */
export interface ApiKeyChange {
  name?: string;
  scopes?: ApiKeyScope[];
  expiresAt?: Date | null;
  publicId?: string;
  secretHash?: string;
  lastUsedAt?: null;
}

/** API keys as the rest of the program asks for them; one per unit of work. */
export class ApiKeysRepository {
  readonly #em: EntityManager;

  constructor(em: EntityManager) {
    this.#em = em;
  }

  /** A presented key and its owner in one query by unique index; revoked and expired ones too. */
  async findWithOwner(publicId: string): Promise<{ key: ApiKey; owner: User } | null> {
    const key = await this.#em.findOne(ApiKey, { publicId }, { populate: ['owner'], strategy: 'joined' });
    return key === null ? null : { key, owner: key.owner };
  }

  /** Notes the use of a key unless one was noted after `notedBefore`: busy keys would write all day. */
  async noteUse(id: string, now: Date, notedBefore: Date): Promise<void> {
    const stale = { $or: [{ lastUsedAt: null }, { lastUsedAt: { $lt: notedBefore } }] };
    await this.#em.nativeUpdate(ApiKey, { id, ...stale }, { lastUsedAt: now });
  }

  /** Keys that are not revoked, newest first, of one owner or (undefined) of all. @returns a page and the total. */
  list(ownerId: string | undefined, page: { skip: number; limit: number }): Promise<[ApiKey[], number]> {
    const whose = ownerId === undefined ? {} : { owner: ownerId };
    return this.#em.findAndCount(
      ApiKey,
      { revokedAt: null, ...whose },
      { orderBy: { createdAt: 'desc', id: 'desc' }, offset: page.skip, limit: page.limit },
    );
  }

  async create({ ownerId, ...rest }: NewApiKey): Promise<ApiKey> {
    const key = this.#em.create(ApiKey, {
      id: randomUUID(),
      owner: this.#em.getReference(User, ownerId),
      revokedAt: null,
      lastUsedAt: null,
      ...rest,
    });
    await this.#em.flush();
    return key;
  }

  /** One key that is not revoked, of this owner or (undefined) of anybody. */
  find(id: string, ownerId: string | undefined): Promise<ApiKey | null> {
    const whose = ownerId === undefined ? {} : { owner: ownerId };
    return this.#em.findOne(ApiKey, { id, revokedAt: null, ...whose });
  }

  /** @returns the key as it is now, or null when it was revoked in the meantime. */
  async update({ id }: ApiKey, change: ApiKeyChange): Promise<ApiKey | null> {
    const changed =
      Object.keys(change).length === 0 ||
      (await this.#em.nativeUpdate(ApiKey, { id, revokedAt: null }, change)) > 0;
    return changed ? this.#em.findOne(ApiKey, { id, revokedAt: null }, { refresh: true }) : null;
  }

  /** @returns false when there is no such key, or it is somebody else's, or it was revoked before. */
  async revoke(id: string, ownerId: string | undefined, now: Date): Promise<boolean> {
    const whose = ownerId === undefined ? {} : { owner: ownerId };
    const changed = await this.#em.nativeUpdate(
      ApiKey,
      { id, revokedAt: null, ...whose },
      { revokedAt: now },
    );
    return changed > 0;
  }
}
