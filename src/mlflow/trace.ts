import protobuf from 'protobufjs';
import { spanIdOf, traceIdOf } from '../telemetry/tracing/trace-ids.ts';
import type { FinishedCall, FinishedExecution, FinishedTask } from '../persistence/finished-executions.ts';

/**
 * One trace for an execution, in OpenTelemetry's OTLP: a span for the whole, for each task, each model call and each tool
 * call, with the attributes of OpenTelemetry's conventions for generative AI. Ids follow from ours, so that a repeat
 * changes nothing. No prompt and no output is told, only what was used.
 */

/** The part of OTLP's messages that is filled in. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
  message Scope { string name = 1; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; Status status = 15;
  }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; Value value = 2; }
  message Value { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`);
const requestType = root.lookupType('Request');

const INTERNAL = 1;
const CLIENT = 3;
const OK = 1;
const FAILED = 2;

type Attributes = Record<string, string | number | null>;

interface Span {
  spanId: Buffer;
  parentSpanId?: Buffer;
  name: string;
  kind: number;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  attributes: Attributes;
  status: { code: number; message?: string };
}

/** MLflow's trace of an execution is one of its own, wherever the execution hangs at a collector. */
export const mlflowTraceId = (executionId: string): string => traceIdOf({ executionId });

const spanId = (of: string): Buffer => Buffer.from(spanIdOf(of), 'hex');
const keyValues = (attributes: Attributes): unknown[] =>
  Object.entries(attributes)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ({
      key,
      value: typeof value === 'number' ? { intValue: Math.round(value) } : { stringValue: value },
    }));
const nanos = (milliseconds: number): string => `${Math.round(milliseconds)}000000`;

/** @returns an ExportTraceServiceRequest */
export function traceOf(execution: FinishedExecution): Uint8Array {
  const { executionId } = execution;
  const root = executionSpan(execution);
  const tasks = execution.tasks.filter(({ startedAt }) => startedAt !== null);
  const names = new Map(tasks.map((task) => [task.id, spanId(`task/${task.id}`)]));
  const spans = [
    root,
    ...tasks.map((task) => taskSpan(task, execution, root.spanId)),
    ...execution.calls.map((call) => callSpan(call, execution, names.get(call.taskId) ?? root.spanId)),
  ];
  const traceId = Buffer.from(mlflowTraceId(executionId), 'hex');
  const message = requestType.fromObject({
    resourceSpans: [
      {
        resource: { attributes: keyValues({ 'service.name': 'muster' }) },
        scopeSpans: [
          {
            scope: { name: 'muster' },
            spans: spans.map(({ from, to, attributes, ...span }) => ({
              ...span,
              traceId,
              startTimeUnixNano: nanos(from),
              endTimeUnixNano: nanos(Math.max(from, to)),
              attributes: keyValues(attributes),
            })),
          },
        ],
      },
    ],
  });
  return requestType.encode(message).finish();
}

function executionSpan(execution: FinishedExecution): Span {
  const { executionId, name, kind, ownerId, status, errorCode } = execution;
  return {
    spanId: spanId(`execution/${executionId}`),
    name,
    kind: INTERNAL,
    from: execution.startedAt,
    to: execution.completedAt,
    attributes: {
      'gen_ai.operation.name': 'invoke_workflow',
      'muster.execution_id': executionId,
      'muster.owner_id': ownerId,
      'muster.kind': kind,
      'muster.status': status,
      'gen_ai.usage.input_tokens': execution.promptTokens,
      'gen_ai.usage.output_tokens': execution.completionTokens,
    },
    status: status === 'failed' ? { code: FAILED, message: errorCode ?? 'failed' } : { code: OK },
  };
}

const taskSpan = (task: FinishedTask, execution: FinishedExecution, parentSpanId: Buffer): Span => ({
  spanId: spanId(`task/${task.id}`),
  parentSpanId,
  name: task.name,
  kind: INTERNAL,
  from: task.startedAt ?? execution.startedAt,
  to: task.completedAt ?? execution.completedAt,
  attributes: {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': task.agent,
    'muster.task_key': task.key,
    'muster.attempts': task.attempts,
    'gen_ai.usage.input_tokens': task.promptTokens,
    'gen_ai.usage.output_tokens': task.completionTokens,
  },
  status: { code: task.status === 'failed' ? FAILED : OK },
});

function callSpan(call: FinishedCall, execution: FinishedExecution, parentSpanId: Buffer): Span {
  const isModel = call.kind === 'model';
  const operation = isModel ? 'chat' : 'execute_tool';
  return {
    spanId: spanId(`call/${call.id}`),
    parentSpanId,
    name: `${operation} ${call.name}`,
    kind: isModel ? CLIENT : INTERNAL,
    from: call.startedAt,
    to: call.finishedAt ?? execution.completedAt,
    attributes: {
      'gen_ai.operation.name': operation,
      ...(isModel
        ? {
            'gen_ai.request.model': call.name,
            'gen_ai.usage.input_tokens': call.promptTokens,
            'gen_ai.usage.output_tokens': call.completionTokens,
          }
        : { 'gen_ai.tool.name': call.name }),
      'muster.status': call.status,
    },
    status: { code: call.status === 'completed' ? OK : FAILED },
  };
}
