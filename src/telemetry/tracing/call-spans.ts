import { context, SpanKind, SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import {
  ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_OUTPUT_MESSAGES,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_P,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  ATTR_GEN_AI_TOOL_CALL_ARGUMENTS,
  ATTR_GEN_AI_TOOL_CALL_RESULT,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_TOOL_TYPE,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
} from '@opentelemetry/semantic-conventions/incubating';
import { ModelFailure, type Embedder, type Model, type Models } from '../../models/model.ts';
import type { Tool, ToolRegistry } from '../../tools/tool.ts';
import { saidIn, saidOut } from './message-content.ts';
import type { NewSpan, Tracing } from './tracing.ts';

/** Spans of what is done outside, by OpenTelemetry's conventions for generative AI: models and tools. */

/** What the conventions call the providers; the others go by our names. */
const PROVIDERS: Record<string, string> = { gemini: 'gcp.gemini', azure: 'azure.ai.openai' };

/** The same models, each call a span of whatever it is made for. */
export function tracedModels(models: Models, tracing: Tracing): Models {
  if (!tracing.exports) return models;
  return {
    get demoStandsIn() {
      return models.demoStandsIn;
    },
    resolve: (name) => tracedModel(models.resolve(name), tracing),
    embedder: (name) => tracedEmbedder(models.embedder(name), tracing),
  };
}

/** The same tools, each use a span. */
export function tracedTools(tools: ToolRegistry, tracing: Tracing): ToolRegistry {
  if (!tracing.exports) return tools;
  return {
    names: () => tools.names(),
    specs: (names) => tools.specs(names),
    find(name) {
      const tool = tools.find(name);
      return tool === undefined ? undefined : tracedTool(tool, tracing);
    },
  };
}

function tracedModel(model: Model, tracing: Tracing): Model {
  return {
    name: model.name,
    complete(request, options) {
      const startedAt = performance.now();
      const attributes: Attributes = {
        ...modelAttributes('chat', model.name),
        ...(request.temperature !== null && { [ATTR_GEN_AI_REQUEST_TEMPERATURE]: request.temperature }),
        ...(request.topP !== null && { [ATTR_GEN_AI_REQUEST_TOP_P]: request.topP }),
        ...(request.maxTokens !== null && { [ATTR_GEN_AI_REQUEST_MAX_TOKENS]: request.maxTokens }),
        ...(tracing.tellsTexts && { [ATTR_GEN_AI_INPUT_MESSAGES]: saidIn(request.messages) }),
      };
      const span = { name: `chat ${nameOf(model.name)}`, kind: SpanKind.CLIENT, attributes };
      return within(tracing, span, options.signal, async (made) => {
        let isFirst = true;
        const reply = await model.complete(request, {
          ...options,
          onText: (text) => {
            if (isFirst) made.setAttribute(ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK, secondsSince(startedAt));
            isFirst = false;
            options.onText?.(text);
          },
        });
        made.setAttributes({
          [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: reply.usage.promptTokens,
          [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: reply.usage.completionTokens,
          [ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: [reply.finishReason],
          ...(tracing.tellsTexts && { [ATTR_GEN_AI_OUTPUT_MESSAGES]: saidOut(reply) }),
        });
        return reply;
      });
    },
  };
}

function tracedEmbedder(embedder: Embedder, tracing: Tracing): Embedder {
  return {
    name: embedder.name,
    embed(texts, signal) {
      const attributes = modelAttributes('embeddings', embedder.name);
      const span = { name: `embeddings ${nameOf(embedder.name)}`, kind: SpanKind.CLIENT, attributes };
      return within(tracing, span, signal, async (made) => {
        const answer = await embedder.embed(texts, signal);
        made.setAttributes({
          [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: answer.tokens,
          [ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT]: answer.vectors[0]?.length ?? 0,
        });
        return answer;
      });
    },
  };
}

const tracedTool = (tool: Tool, tracing: Tracing): Tool => ({
  ...tool,
  execute(input, given) {
    const attributes: Attributes = {
      [ATTR_GEN_AI_OPERATION_NAME]: 'execute_tool',
      [ATTR_GEN_AI_TOOL_NAME]: tool.name,
      [ATTR_GEN_AI_TOOL_TYPE]: tool.server === undefined ? 'function' : 'extension',
      ...(tracing.tellsTexts && { [ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: JSON.stringify(input) }),
    };
    const span = { name: `execute_tool ${tool.name}`, attributes };
    return within(tracing, span, given.signal, async (made) => {
      const output = await tool.execute(input, given);
      if (tracing.tellsTexts) made.setAttribute(ATTR_GEN_AI_TOOL_CALL_RESULT, output);
      return output;
    });
  },
});

/** Does the work under a span that ends with it, well or badly. What failed is told by its kind, not by its words. */
async function within<T>(
  tracing: Tracing,
  span: Omit<NewSpan, 'within'>,
  signal: AbortSignal,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const active = context.active();
  const made = tracing.begin({ ...span, within: active });
  try {
    return await context.with(trace.setSpan(active, made), () => work(made));
  } catch (error) {
    made.setAttribute(ATTR_ERROR_TYPE, errorType(error, signal));
    made.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    made.end();
  }
}

/** Short and of few kinds, as the conventions want it. */
function errorType(error: unknown, signal: AbortSignal): string {
  if (error instanceof ModelFailure) return error.code;
  if (signal.aborted) return 'stopped';
  return error instanceof Error ? error.name : '_OTHER';
}

const providerOf = (model: string): string => model.slice(0, Math.max(model.indexOf('/'), 0));
const nameOf = (model: string): string => model.slice(model.indexOf('/') + 1);

const modelAttributes = (operation: 'chat' | 'embeddings', model: string): Attributes => ({
  [ATTR_GEN_AI_OPERATION_NAME]: operation,
  [ATTR_GEN_AI_PROVIDER_NAME]: PROVIDERS[providerOf(model)] ?? providerOf(model),
  [ATTR_GEN_AI_REQUEST_MODEL]: nameOf(model),
});

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000;
