import { z } from 'zod';
import type { ApiContext } from '../context.ts';
import type { ApiServices } from '../services.ts';
import { logPageQuery } from '../parameters.ts';
import { followStream, lastEventId } from './follow-stream.ts';
import { messageEntrySchema } from './present-message.ts';

/** What reading a conversation is, be it a thread's or an agent instance's: in pages, and as it goes on. */

type MessageEntry = z.input<typeof messageEntrySchema>;

export const messagePageQuery = z.object(logPageQuery);

/** The answer to a look at a page. */
export const messagePage = (example: MessageEntry) => ({
  200: {
    description: 'Messages after `after`, oldest first',
    schema: z.array(messageEntrySchema),
    example: [example],
  },
});

/** What a stream of messages is asked, and what it answers. */
export const messageStream = ({ seq, content }: MessageEntry) => ({
  summary: 'Its messages as server-sent events',
  description:
    'The messages from `Last-Event-ID` (or `after`) on, then each as it comes: `event` is `message_created`, `id` ' +
    'the seq. An agent instance of a run in a thread shares the seqs of the thread: between its own there are gaps, and ' +
    'nothing is missing. It does not end by itself. Closing it cancels nothing.',
  query: z.object({
    after: logPageQuery.after,
    token: z.string().optional().describe('Credential, for clients that cannot send headers'),
  }),
  responses: {
    200: {
      description: 'The stream',
      contentType: 'text/event-stream',
      schema: z.string(),
      example: `id: ${seq}\nevent: message_created\ndata: ${JSON.stringify({ seq, content })}\n\n`,
    },
  },
});

/**
 * Answers with the messages of a conversation, as `messageStream` says.
 * @param of.instanceId only what is said in this instance: a run in a thread shares the thread's conversation
 */
export function followMessages(
  engine: Pick<ApiServices, 'messages'>,
  to: { ctx: ApiContext; query: { after: number } },
  of: { conversationId: number; instanceId?: string },
): void {
  const { ctx, query } = to;
  const { conversationId, instanceId } = of;
  const after = lastEventId(ctx) ?? query.after;
  followStream({ ctx }, (reader) =>
    engine.messages.follow(conversationId, after, {
      ...reader,
      event: (entry) => {
        if (instanceId === undefined || entry.instanceId === instanceId) reader.event(entry);
      },
    }),
  );
}
