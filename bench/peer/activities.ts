import { z } from 'zod';

const completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
});

/** Asks the model, as the shortest honest activity does. */
export async function askModel(input: { modelUrl: string; system: string; prompt: string }): Promise<string> {
  const response = await fetch(`${input.modelUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
    body: JSON.stringify({
      model: 'gpt-4o-mini',
      messages: [
        { role: 'system', content: input.system },
        { role: 'user', content: input.prompt },
      ],
    }),
  });
  if (!response.ok) throw new Error(`the model answered ${response.status}`);
  return completion.parse(await response.json()).choices[0]?.message.content ?? '';
}
