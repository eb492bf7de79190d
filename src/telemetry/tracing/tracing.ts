import { trace, type Context, type Span, type SpanOptions, type Tracer } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  RandomIdGenerator,
  TracerProvider,
  type IdGenerator,
} from '@opentelemetry/sdk-trace';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../config.ts';
import type { Logger } from '../logger.ts';

/** Spans that wait for the collector; what comes beyond them is dropped. */
const MOST_WAITING = 4_096;
const SEND_EVERY_MS = 1_000;
/** A collector that has not taken a batch by then does not get it. */
const SEND_MS = 5_000;
/** What an end of the process gives the collector for what is left. */
const LAST_SEND_MS = 2_000;
/** That the collector is away is said so often. */
const COMPLAIN_EVERY_MS = 60_000;
/** Characters of one attribute: what is longer is cut. */
const MOST_CHARACTERS = 8_192;

/** A span to begin. */
export interface NewSpan extends SpanOptions {
  name: string;
  /** Where it hangs; the root context begins a trace. */
  within: Context;
  /** Its id, where that follows from something; else it is made up. */
  spanId?: string;
  /** The id of its trace, where it is the first of it. */
  traceId?: string;
}

/** Tells a collector of OpenTelemetry what this process does. Beginning and ending a span never waits and never fails. */
export interface Tracing {
  /** False where there is no collector: spans are nothing then, and only ids go along. */
  readonly exports: boolean;
  /** Whether prompts, answers, arguments and results are told; not unless the operator says so. */
  readonly tellsTexts: boolean;
  begin(span: NewSpan): Span;
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>;
}

/** Ids for one span that is begun right after; others are made up. */
class DerivedIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #next: { spanId?: string | undefined; traceId?: string | undefined } = {};

  forNext<T>(ids: { spanId?: string | undefined; traceId?: string | undefined }, begin: () => T): T {
    this.#next = ids;
    try {
      return begin();
    } finally {
      this.#next = {};
    }
  }

  generateSpanId = (): string => this.#next.spanId ?? this.#random.generateSpanId();
  generateTraceId = (): string => this.#next.traceId ?? this.#random.generateTraceId();
}

/** @param service what the collector calls this process */
export function createTracing(
  settings: Pick<
    Settings,
    | 'OTEL_EXPORTER_OTLP_ENDPOINT'
    | 'OTEL_EXPORTER_OTLP_HEADERS'
    | 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'
  >,
  { service, version, logger }: { service: string; version: string; logger: Logger },
): Tracing {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = settings;
  const tellsTexts = settings.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT;
  if (endpoint === undefined) return { ...silent, tellsTexts: false };
  setGlobalErrorHandler(complaints(logger, endpoint));
  const ids = new DerivedIds();
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    ...(headers !== undefined && { headers }),
    timeoutMillis: SEND_MS,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: service, [ATTR_SERVICE_VERSION]: version }),
    idGenerator: ids,
    spanLimits: { attributeValueLengthLimit: MOST_CHARACTERS },
    spanProcessors: [
      new BatchSpanProcessor({ exporter, maxQueueSize: MOST_WAITING, scheduledDelayMillis: SEND_EVERY_MS }),
    ],
  });
  const tracer = provider.getTracer('muster', version);
  return {
    exports: true,
    tellsTexts,
    begin: ({ name, within, spanId, traceId, ...options }) =>
      ids.forNext({ spanId, traceId }, () => tracer.startSpan(name, options, within)),
    async close() {
      const sent = provider.shutdown().catch((error: unknown) => {
        logger.debug({ err: error }, 'the last traces were not taken');
      });
      await Promise.race([sent, sleep(LAST_SEND_MS, undefined, { ref: false })]);
    },
  };
}

/** The tracer of a process without a collector: its spans only hand on where they hang. */
const handOn = (): Tracer => trace.getTracer('muster');

const silent: Tracing = {
  exports: false,
  tellsTexts: false,
  begin: ({ name, within, ...options }) => handOn().startSpan(name, options, within),
  close: () => Promise.resolve(),
};

/** For code that is watched by nobody. */
export const noTracing: Tracing = silent;

function complaints(logger: Logger, endpoint: string): (error: unknown) => void {
  let quietUntil = 0;
  return (error) => {
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + COMPLAIN_EVERY_MS;
    logger.warn({ err: error, endpoint }, 'traces do not reach the collector; what it misses is dropped');
  };
}
