/**
 * A test API in a process of its own, so that its death and its memory can be seen from outside. Says over IPC
 * where it is, then its resident memory once a second; ends when it is told to, or when its parent is gone.
 */
import { startTestStack } from './test-stack.ts';

// One active run: starts that happen to be right are queued and do not crowd Temporal.
const stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: '1' } });
process.send?.({ url: stack.api.url, token: stack.api.admin.apiKey });
setInterval(() => process.send?.({ rss: process.memoryUsage.rss() }), 100);
process.once('disconnect', () => process.exit(1));
process.once('message', () => void stack.close().then(() => process.exit(0)));
