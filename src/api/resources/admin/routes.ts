import type { AnyRoute } from '../../define-route.ts';
import type { Engine } from '../../../engine/services.ts';
import { reconcileRoute } from './reconcile-route.ts';
import { workerRoutes } from './worker-routes.ts';

/** What operators do to the program itself. */
export const adminRoutes = (engine: Engine): AnyRoute[] => [reconcileRoute(engine), ...workerRoutes(engine)];
