import type { FlowCatalogue } from '../../../flows/flow-catalogue.ts';
import { FlowError } from '../../../flows/flow-error.ts';
import type { AnyRoute } from '../../define-route.ts';

/** First segments under /api/v1 that belong, or will, to something else (contract §4, §8). */
const TAKEN =
  'auth users api-keys audit admin flows executions batches questions graphs threads templates tools tool-servers agents workflows ' +
  'tasks agent-types agent-instances agent-summary user-agents messages inbox sessions schedules webhooks memories knowledge ' +
  'crew crews mcp health';

/** Whether a declared flow may not be called so: /api/v1/{path} belongs to something else. */
export const isTakenName = (path: string): boolean => TAKEN.split(' ').includes(path);

/** A flow may not take a name that is already a path. @throws {FlowError} naming those that do */
export function refuseTakenNames(flows: FlowCatalogue, routes: readonly AnyRoute[]): void {
  const taken = new Set(TAKEN.split(' '));
  for (const route of routes) {
    const path = route.kind === 'page' ? route.path : route.spec.path;
    const segment = /^\/api\/v1\/([^/{]+)/.exec(path)?.[1];
    if (segment !== undefined) taken.add(segment);
  }
  for (const { name, path } of flows.list()) {
    if (taken.has(path))
      throw new FlowError(
        `the flow ${name} cannot be called so: /api/v1/${path} is a path already; rename its folder`,
      );
  }
}
