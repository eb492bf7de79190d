import type { AnyRoute } from '../define-route.ts';
import type { ResourceDeps } from '../deps.ts';
import { adminRoutes } from './admin/routes.ts';
import { agentInstanceRoutes } from './agent-instances/routes.ts';
import { agentRoutes } from './agents/routes.ts';
import { ampRoutes } from './amp/routes.ts';
import { apiKeyRoutes } from './api-keys/routes.ts';
import type { ApiServices } from '../services.ts';
import { auditRoutes } from './audit/routes.ts';
import { authRoutes } from './auth/routes.ts';
import { codecRoutes } from './codec/routes.ts';
import { batchRoutes } from './batches/routes.ts';
import { crewRoutes } from './crew/routes.ts';
import { insightRoutes } from './executions/insight-routes.ts';
import { replayRoutes } from './executions/replay-routes.ts';
import { executionRoutes } from './executions/routes.ts';
import { metricsRoutes } from './metrics/routes.ts';
import { questionRoutes } from './executions/question-routes.ts';
import { executionTaskRoutes } from './executions/task-routes.ts';
import { refuseTakenNames } from './flows/free-names.ts';
import { flowRoutes } from './flows/routes.ts';
import { graphRoutes } from './graphs/routes.ts';
import { graphRunRoutes } from './graphs/run-routes.ts';
import { knowledgeRoutes } from './knowledge/routes.ts';
import { memoryRoutes } from './memories/routes.ts';
import { mcpRoutes } from './mcp/routes.ts';
import { scheduleRoutes } from './schedules/routes.ts';
import { systemRoutes } from './system/routes.ts';
import { taskRoutes } from './tasks/routes.ts';
import { templateRoutes } from './templates/routes.ts';
import { threadRoutes } from './threads/routes.ts';
import { toolRoutes } from './tools/routes.ts';
import { userAgentRoutes } from './user-agents/routes.ts';
import { userRoutes } from './users/routes.ts';
import { webhookRoutes } from './webhooks/routes.ts';
import { workflowRoutes } from './workflows/routes.ts';
import { webSocketRoutes } from './websocket/routes.ts';

/** Every resource of the API, in the order in which the documentation lists them. */
export const resources = (deps: ResourceDeps): AnyRoute[] => [
  ...authRoutes(deps),
  ...apiKeyRoutes(deps),
  ...userRoutes(deps),
  ...auditRoutes(deps),
  ...systemRoutes(deps),
];

/**
 * The resources that start, steer and show runs. They need an engine beside the app.
 * @throws {FlowError} when a flow has the name of a path
 */
export function engineResources(engine: ApiServices): AnyRoute[] {
  const routes = standingRoutes(engine);
  refuseTakenNames(engine.flows, routes);
  return [...routes, ...flowRoutes(engine)];
}

const standingRoutes = (engine: ApiServices): AnyRoute[] => [
  ...crewRoutes(engine),
  ...executionRoutes(engine),
  ...insightRoutes(engine),
  ...executionTaskRoutes(engine),
  ...replayRoutes(engine),
  ...questionRoutes(engine),
  ...batchRoutes(engine),
  ...graphRoutes(engine),
  ...graphRunRoutes(engine),
  ...agentRoutes(engine),
  ...workflowRoutes(engine),
  ...taskRoutes(engine),
  ...scheduleRoutes(engine),
  ...ampRoutes(engine),
  ...templateRoutes(engine),
  ...threadRoutes(engine),
  ...agentInstanceRoutes(engine),
  ...mcpRoutes(engine),
  ...toolRoutes(engine),
  ...webhookRoutes(engine),
  ...userAgentRoutes(engine),
  ...memoryRoutes(engine),
  ...knowledgeRoutes(engine),
  ...webSocketRoutes(engine),
  ...metricsRoutes(engine),
  ...codecRoutes(engine),
  ...adminRoutes(engine),
];
