/** SQL: the row of an execution that has ended, as `EndedRun`. */
export const ENDED_RUN = `owner_id as "ownerId", kind, coalesce(crew_name, flow_name, kind) as name, status,
  error_code as "errorCode", (extract(epoch from coalesce(started_at, created_at)) * 1000)::float8 as "startedAt",
  (extract(epoch from completed_at) * 1000)::float8 as "completedAt", prompt_tokens::float8 as "promptTokens",
  completion_tokens::float8 as "completionTokens", cost_micro_usd::float8 as "costMicroUsd"`;
