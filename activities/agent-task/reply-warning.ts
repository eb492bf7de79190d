import type { TaskWarning } from '../../src/domain/run/task-warning.ts';

/** What a task is to be marked with after a reply that is not whole; null for a whole one. Pure. */
export function replyWarning(
  model: string,
  finishReason: string,
  maxTokens: number | null,
): TaskWarning | null {
  if (finishReason === 'length') {
    const limit = maxTokens === null ? 'its limit of tokens' : `its ${maxTokens} tokens (max_tokens)`;
    const message = `a reply of ${model} is cut off: it had used up ${limit}`;
    return { code: 'model_reply_cut', message };
  }
  if (finishReason === 'content_filter')
    return {
      code: 'model_reply_filtered',
      message: `the content filter of ${model} held back a part of a reply`,
    };
  return null;
}
