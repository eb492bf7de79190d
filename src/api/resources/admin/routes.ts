import type { AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { reconcileRoute } from './reconcile-route.ts';
import { workerRoutes } from './worker-routes.ts';

/** What operators do to the program itself. */
export const adminRoutes = (
  engine: Pick<ApiServices, 'dispatcher' | 'now' | 'reconciler' | 'system'>,
): AnyRoute[] => [reconcileRoute(engine), ...workerRoutes(engine)];
