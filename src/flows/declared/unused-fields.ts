import type { Issue } from '../../domain/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';

/**
 * Fields of `crewai.flow/v1` that change nothing about what a flow does: how much CrewAI prints, caches and traces. They are
 * taken, as CrewAI takes them, and named in a warning.
 */
const OF_CONFIG: Readonly<Record<string, string>> = {
  suppress_flow_events: 'the log of an execution is never left out',
  tracing:
    'traces of CrewAI are not made here; OTEL_EXPORTER_OTLP_ENDPOINT is the operator’s setting for traces',
  defer_trace_finalization: 'there is no trace to be finished later',
  checkpoint: 'every step is kept, whatever this says',
};
const OF_PERSIST: Readonly<Record<string, string>> = {
  verbose: 'there is nothing more to tell: the log of an execution has every step',
};
const OF_FEEDBACK: Readonly<Record<string, string>> = {
  metadata: 'a question carries no metadata here',
  learn_source: 'feedback is not learned from here',
  learn_strict: 'feedback is not learned from here',
};
const NOTHING = 'it changes nothing about what the agent does here';
const OF_AGENT: Readonly<Record<string, string>> = {
  verbose: NOTHING,
  cache: NOTHING,
  use_system_prompt: NOTHING,
  respect_context_window: NOTHING,
  max_retry_limit: NOTHING,
  date_format: NOTHING,
  security_config: NOTHING,
};

/** Names of the fields of each part, for its schema. */
export const UNUSED_FIELDS = {
  config: Object.keys(OF_CONFIG),
  persist: Object.keys(OF_PERSIST),
  feedback: Object.keys(OF_FEEDBACK),
  agent: Object.keys(OF_AGENT),
} as const;

/** A warning for each field of a definition that is set and has no effect. @param content as it was sent */
export function unusedFields(content: JsonObject): Issue[] {
  const issues: Issue[] = [];
  const look = (
    part: JsonValue | undefined,
    fields: Readonly<Record<string, string>>,
    path: string,
  ): void => {
    if (!isJsonObject(part)) return;
    for (const [name, why] of Object.entries(fields)) {
      const isSet = part[name] !== undefined && part[name] !== null && part[name] !== false;
      if (isSet && !(name === 'checkpoint' && part[name] === true))
        issues.push({ path: `${path}/${name}`, message: `has no effect: ${why}` });
    }
  };
  const lookAtAction = (action: JsonValue | undefined, path: string): void => {
    if (!isJsonObject(action)) return;
    if (action['call'] === 'agent' && isJsonObject(action['with'])) {
      look(action['with'], OF_AGENT, `${path}/with`);
      look(action['with']['settings'], OF_AGENT, `${path}/with/settings`);
    }
    if (Array.isArray(action['do']))
      for (const [place, step] of action['do'].entries())
        if (isJsonObject(step)) lookAtAction(step['action'], `${path}/do/${place}/action`);
  };
  look(content['config'], OF_CONFIG, '/config');
  look(content['persist'], OF_PERSIST, '/persist');
  for (const [name, method] of Object.entries(isJsonObject(content['methods']) ? content['methods'] : {})) {
    if (!isJsonObject(method)) continue;
    const path = `/methods/${name}`;
    look(method['persist'], OF_PERSIST, `${path}/persist`);
    look(method['human_feedback'], OF_FEEDBACK, `${path}/human_feedback`);
    lookAtAction(method['do'], `${path}/do`);
  }
  return issues;
}
