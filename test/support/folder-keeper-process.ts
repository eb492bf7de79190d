import { existsSync } from 'node:fs';
import { z } from 'zod';
import { clearUpAfterOwner } from './folder-keeper.ts';

/** Told of a folder, waits until whoever started this is gone, and clears up after it. See folder-keeper.ts. */

let folder: string | undefined;
process.once('message', (message) => {
  folder = z.string().parse(message);
});
process.once('disconnect', () => {
  if (folder === undefined) process.exit(0);
  const kept = folder;
  void clearUpAfterOwner(kept, () => existsSync(kept)).finally(() => process.exit(0));
});
