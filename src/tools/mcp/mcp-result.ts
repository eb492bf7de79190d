import { z } from 'zod';

/** What a call of an MCP tool answered, as far as it is looked at. Parts of kinds nobody knows yet are let pass. */
const resultSchema = z.looseObject({
  // Read part by part: one that is none takes no other away.
  content: z.array(z.unknown()).nullish(),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().nullish().catch(undefined),
});

const anyPart = z.looseObject({ type: z.string() });
const textPart = z.object({ text: z.string() });
const resourcePart = z.object({
  resource: z.object({
    uri: z.string().default('without an address'),
    mimeType: z.string().optional(),
    text: z.string().optional(),
    blob: z.string().optional(),
  }),
});
const linkPart = z.object({
  uri: z.string(),
  name: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
});
const mediaPart = z.object({ data: z.string().default(''), mimeType: z.string().default('of unknown kind') });

/** Kinds of content that are text though a server sends them as base64. */
const TEXT_TYPES = /^(text\/|application\/(json|xml|yaml|x-yaml|toml|javascript|.*\+(json|xml))\b)/;

/**
 * The text of a result, which is what a model reads: texts, texts of embedded resources, and resource links as their
 * address. Of what is no text a line says that it was left out.
 *
 * @throws {Error} with the tool's own words when it says that it failed.
 */
export function readToolResult(answer: unknown): string {
  const read = resultSchema.safeParse(answer);
  if (!read.success) throw new Error('its MCP server answered something that is no tool result');
  const { content, structuredContent, isError } = read.data;
  const told = (content ?? []).map(readPart);
  const parts = told.map(({ text }) => text);
  if (structuredContent !== undefined && structuredContent !== null && !told.some(({ isText }) => isText))
    parts.push(exactJson(structuredContent));
  const text = parts.join('\n');
  if (isError === true) throw new Error(text === '' ? 'the tool failed without a word' : text);
  return text;
}

/** @returns also whether it brought words of the server's */
function readPart(given: unknown): { text: string; isText: boolean } {
  const part = anyPart.safeParse(given).data;
  if (part === undefined) {
    const text = textPart.safeParse(given).data?.text;
    return text === undefined
      ? { text: leftOut('a part without a type'), isText: false }
      : { text, isText: text.trim() !== '' };
  }
  const text = textOfPart(part);
  return { text, isText: (part.type === 'text' || part.type === 'resource') && text.trim() !== '' };
}

function textOfPart(part: { type: string }): string {
  switch (part.type) {
    case 'text':
      return textPart.safeParse(part).data?.text ?? '';
    case 'resource':
      return textOfResource(part);
    case 'resource_link': {
      const link = linkPart.safeParse(part).data;
      if (link === undefined) return leftOut(part.type);
      const about = [link.title ?? link.name, link.description].filter((words) => words !== undefined);
      return `[link to a resource: ${[link.uri, ...about].join(' — ')}]`;
    }
    case 'image':
    case 'audio': {
      const media = mediaPart.safeParse(part).data;
      return media === undefined
        ? leftOut(part.type)
        : leftOut(part.type, media.mimeType, bytesOf(media.data));
    }
    default:
      return leftOut(part.type);
  }
}

function textOfResource(part: { type: string }): string {
  const resource = resourcePart.safeParse(part).data?.resource;
  if (resource === undefined) return leftOut(part.type);
  const { uri, mimeType, text, blob } = resource;
  if (text !== undefined) return `[resource ${uri}]\n${text}`;
  if (blob === undefined) return `[resource ${uri}, without content]`;
  const decoded = TEXT_TYPES.test(mimeType ?? '') ? decodeText(blob) : null;
  return decoded === null
    ? leftOut(`resource ${uri}`, mimeType ?? 'of unknown kind', bytesOf(blob))
    : `[resource ${uri}]\n${decoded}`;
}

/** Null where the bytes are no UTF-8. */
function decodeText(base64: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    // Told to the model as what it is: content that is no text.
    return null;
  }
}

const bytesOf = (base64: string): number => Math.floor((base64.length * 3) / 4);

const leftOut = (what: string, mimeType?: string, bytes?: number): string =>
  bytes === undefined
    ? `[${what} left out: no text]`
    : `[${what} left out: ${mimeType}, ${bytes} bytes, no text]`;

/** 64-bit integers lie between these; beyond the larger one nobody counts in digits. */
const [LEAST_DOUBTFUL, MOST_DOUBTFUL] = [2 ** 53, 2 ** 64];

/**
 * Structured content as text. The SDK has read its numbers as doubles already: in the place of an integer that may have had
 * other digits stands a text that says so, for the call has been made. Servers that send the JSON as text too, as the
 * protocol asks them to, are read exactly.
 */
function exactJson(content: unknown): string {
  return JSON.stringify(content, (_key, value: unknown) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return value;
    const size = Math.abs(value);
    if (size < LEAST_DOUBTFUL || size > MOST_DOUBTFUL) return value;
    return `about ${value.toExponential()}, sent as a number that cannot be read exactly`;
  });
}
