import { z } from 'zod';
import { readInboxCursor } from '../../../persistence/inbox.ts';
import { defineStream, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { openSse } from '../../realtime/sse.ts';

/** Every message of the caller's, whoever speaks and wherever, as it comes. */
export const inboxRoute = (engine: Pick<ApiServices, 'inbox'>): AnyRoute =>
  defineStream(
    {
      method: 'GET',
      path: '/api/v1/inbox/stream',
      operationId: 'streamInbox',
      tags: ['Agent monitoring'],
      summary: 'All your messages as server-sent events: threads, runs and agents elsewhere',
      description:
        'First a `ready` frame with the place where it begins: now, or what `Last-Event-ID` (or `after`) names, up to a ' +
        'day back. Then `message_created` for each message, once; `kind: question` is what somebody must answer. ' +
        '`id` is text to be handed back as it is. It does not end by itself.',
      access: 'user',
      query: z.object({
        after: z.string().max(50).optional().describe('The `id` of the frame after which to begin'),
        token: z.string().optional().describe('Credential, for clients that cannot send headers'),
      }),
      responses: {
        200: {
          description: 'The stream',
          contentType: 'text/event-stream',
          schema: z.string(),
          example: 'id: 812-4-12\nevent: message_created\ndata: {"seq":12,"content":"Shall I push?"}\n\n',
        },
      },
    },
    async ({ query, caller, ctx }) => {
      const named = ctx.get('last-event-id') || query.after;
      const after = named === undefined ? undefined : readInboxCursor(named);
      const stream = openSse(ctx);
      await engine.inbox.follow(caller.userId, after, stream);
    },
  );
