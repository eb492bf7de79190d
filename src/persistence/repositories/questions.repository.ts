import type { EntityManager } from '@mikro-orm/postgresql';
import type { OwnerScope } from '../database.ts';
import { Question } from '../entities/question.entity.ts';

export interface QuestionFilter {
  status?: 'open' | 'answered' | 'expired';
  executionId?: number;
  kind?: Question['kind'];
  taskKey?: string;
}

const owned = (scope: OwnerScope): { ownerId?: string } =>
  'ownerId' in scope ? { ownerId: scope.ownerId } : {};

/** A page of questions by the time they were asked, and how many there are in all. */
export function listQuestions(
  em: EntityManager,
  scope: OwnerScope,
  filter: QuestionFilter,
  page: { skip: number; limit: number },
  order: 'asc' | 'desc' = 'desc',
): Promise<[Question[], number]> {
  return em.findAndCount(
    Question,
    { ...owned(scope), ...filter },
    { orderBy: { askedAt: order, id: order }, offset: page.skip, limit: page.limit },
  );
}

/** One question, or null: absent and foreign look the same. */
export function findQuestionById(em: EntityManager, id: string, scope: OwnerScope): Promise<Question | null> {
  return em.findOne(Question, { id, ...owned(scope) });
}
