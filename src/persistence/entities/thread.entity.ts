import { defineEntity, p } from '@mikro-orm/core';

/** What happens to a start while a run of the same thread is live. */
export const ON_BUSY = ['queue', 'reject', 'cancel_and_start'] as const;
export type OnBusy = (typeof ON_BUSY)[number];

const ThreadSchema = defineEntity({
  name: 'Thread',
  tableName: 'threads',
  properties: {
    id: p.uuid().primary(),
    ownerId: p.uuid(),
    /** Of the head that numbers its messages. */
    conversationId: p.integer(),
    title: p.text(),
    /** What its messages may start. */
    graphId: p.uuid().nullable(),
    onBusy: p.text().$type<OnBusy>(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

/** A conversation of a person with the crews it starts. */
export class Thread extends ThreadSchema.class {}
ThreadSchema.setClass(Thread);
export { ThreadSchema };
