import { parentPort, workerData } from 'node:worker_threads';
import { extractText, getDocumentProxy } from 'unpdf';
import { z } from 'zod';

/** Reads one PDF in a thread of its own: a file that was made to hang or to fill memory takes nobody with it. */
const bytes = z.instanceof(Uint8Array).parse(workerData);
const document = await getDocumentProxy(bytes, { isEvalSupported: false });
const { text } = await extractText(document, { mergePages: false });
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
parentPort?.postMessage(text.join('\n\n'));
