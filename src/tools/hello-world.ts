import { z } from 'zod';
import { defineTool } from './define-tool.ts';

export const helloWorld = defineTool({
  name: 'hello_world',
  description: 'Greets somebody by name, or the world. Good for trying out whether tools work at all.',
  input: z.object({ name: z.string().min(1).max(200).optional().describe('Who is to be greeted') }),
  idempotent: true,
  execute: ({ name }) => Promise.resolve(`Hello, ${name ?? 'world'}!`),
});
