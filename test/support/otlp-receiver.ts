import { createServer, type IncomingHttpHeaders } from 'node:http';
import getPort from 'get-port';
import protobuf from 'protobufjs';
import { z } from 'zod';

/** The part of OTLP that the tests look at. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; Status status = 15;
  }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; Value value = 2; }
  message Value { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
    ArrayValue array_value = 5; } }
  message ArrayValue { repeated Value values = 1; }
`);
const requestType = root.lookupType('Request');

const bytes = z
  .custom<Uint8Array>((value) => value instanceof Uint8Array)
  .transform((value) => Buffer.from(value).toString('hex'));
const scalar = z.looseObject({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.coerce.number().optional(),
  doubleValue: z.number().optional(),
});
const valueSchema = z
  .looseObject({ ...scalar.shape, arrayValue: z.object({ values: z.array(scalar).default([]) }).optional() })
  .transform(
    (value) =>
      value.stringValue ??
      value.boolValue ??
      value.intValue ??
      value.doubleValue ??
      value.arrayValue?.values.map((one) => one.stringValue),
  );
const attributesSchema = z
  .array(z.object({ key: z.string(), value: valueSchema }))
  .default([])
  .transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, value])));
const spanSchema = z.object({
  traceId: bytes,
  spanId: bytes,
  parentSpanId: bytes.optional().default(''),
  name: z.string(),
  kind: z.int(),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  attributes: attributesSchema,
  status: z.object({ code: z.int().default(0) }).default({ code: 0 }),
});
const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: attributesSchema }),
      scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })),
    }),
  ),
});

/** A span as a collector got it, with the name of the service that told it. */
export type ReceivedSpan = z.output<typeof spanSchema> & { service: unknown };

/** A collector of OpenTelemetry: takes OTLP over HTTP in protobuf and keeps the spans. */
export interface OtlpReceiver {
  url: string;
  spans: ReceivedSpan[];
  /** Everything that came, as it came: for looking for what must not be there. */
  bodies: Buffer[];
  headers: IncomingHttpHeaders[];
  close(): Promise<void>;
}

/** @param port where to listen; default: a free one */
export async function startOtlpReceiver(port?: number): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const bodies: Buffer[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      headers.push(request.headers);
      bodies.push(body);
      const isOtlp =
        request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf';
      if (isOtlp) spans.push(...spansOf(body));
      response.writeHead(isOtlp ? 200 : 404, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  const listensAt = port ?? (await getPort({ host: '127.0.0.1' }));
  await new Promise<void>((resolve) => server.listen(listensAt, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${listensAt}`,
    spans,
    bodies,
    headers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const spansOf = (body: Buffer): ReceivedSpan[] =>
  requestSchema
    .parse(requestType.toObject(requestType.decode(body), { longs: String }))
    .resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap((scope) =>
        scope.spans.map((span) => ({ ...span, service: resource.attributes['service.name'] })),
      ),
    );
