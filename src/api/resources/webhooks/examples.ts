/** What the documentation shows of webhooks. */

export const exampleWebhook = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e90',
  owner_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f',
  url: 'https://example.com/hooks/muster',
  events: ['workflow_*', 'question_asked'],
  description: 'Ends of runs and questions, to the chat',
  workflow_id: null,
  graph_id: null,
  flow_name: null,
  is_enabled: true,
  disabled_reason: null,
  failing_since: null,
  held_until: null,
  last_success_at: '2026-11-24T09:30:00.000Z',
  previous_secret_until: null,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
};

export const exampleNewWebhook = {
  ...exampleWebhook,
  last_success_at: null,
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
};

export const exampleDelivery = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e91',
  webhook_id: exampleWebhook.id,
  event_type: 'workflow_completed',
  execution_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e61',
  seq: 7,
  status: 'pending' as const,
  attempts: 2,
  next_attempt_at: '2026-11-24T09:35:05.000Z',
  last_attempt_at: '2026-11-24T09:30:05.000Z',
  response_code: 503,
  duration_ms: 120,
  error: 'the receiver answered 503',
  created_at: '2026-11-24T09:30:00.000Z',
  delivered_at: null,
};
