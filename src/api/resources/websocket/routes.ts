import { MusterError, notFound } from '../../../domain/errors.ts';
import { findAgent } from '../../../persistence/repositories/agents.repository.ts';
import type { ApiContext, Caller } from '../../context.ts';
import { authorize } from '../../authorize.ts';
import { defineStream, type AnyRoute, type RouteSpec } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { isAllowedOrigin } from '../../../http/browser-headers.ts';
import { CLOSE, type SocketLine } from '../../realtime/socket-line.ts';
import { SOCKET_PROTOCOL } from '../../realtime/socket-messages.ts';
import { createSocketSession, type SocketReach } from '../../realtime/socket-session.ts';
import type { SocketParty } from '../../realtime/sockets.ts';
import { mayGoOn } from '../../realtime/while-rights-hold.ts';
import { asksToUpgrade, takeUpgrade } from '../../upgrade.ts';
import { reachExecution, reachOf } from '../executions/access.ts';
import { reachWorkflow } from '../workflows/access.ts';

const KEY = /^[+/0-9A-Za-z]{22}==$/;

const SPEC = {
  method: 'GET',
  path: '/ws/',
  operationId: 'openWebSocket',
  tags: ['Events'],
  summary: 'Events over a WebSocket',
  description: SOCKET_PROTOCOL,
  access: 'user',
  responses: {
    101: { description: 'The connection is a WebSocket now' },
  },
  errors: ['MALFORMED_REQUEST', 'UPGRADE_REQUIRED'],
} as const satisfies RouteSpec;

/** The WebSocket on which clients follow executions, workflows and agents. */
export const webSocketRoutes = (
  engine: Pick<ApiServices, 'credentials' | 'database' | 'feeds' | 'now' | 'settings' | 'sockets'>,
): AnyRoute[] => [
  defineStream(SPEC, async ({ ctx, caller }) => {
    checkHandshake(ctx, engine.settings.CORS_ORIGINS);
    if (!engine.sockets.isOpen()) throw new MusterError('SERVICE_UNAVAILABLE', 'The server is stopping');
    const upgrade = takeUpgrade(ctx.req);
    if (upgrade === undefined) return;
    ctx.respond = false;
    engine.sockets.accept(ctx.req, upgrade, (line) => joinedBy(engine, ctx, caller, line));
  }),
];

/** @throws {MusterError} unless this is the opening handshake of a WebSocket, from a page that may. */
function checkHandshake(ctx: ApiContext, origins: readonly string[]): void {
  const { headers } = ctx.req;
  if (!asksToUpgrade(ctx.req) || headers.upgrade?.toLowerCase() !== 'websocket') {
    ctx.set('Upgrade', 'websocket');
    throw new MusterError('UPGRADE_REQUIRED', 'This is a WebSocket: connect with ws:// or wss://');
  }
  if (headers['sec-websocket-version'] !== '13' || !KEY.test(headers['sec-websocket-key'] ?? '')) {
    ctx.set('Sec-WebSocket-Version', '13');
    throw new MusterError('MALFORMED_REQUEST', 'The handshake is not that of a WebSocket of version 13');
  }
  const origin = ctx.get('Origin');
  if (origin !== '' && !isAllowedOrigin(origins, origin) && !isOwnOrigin(ctx, origin)) {
    throw new MusterError('FORBIDDEN', 'Pages of this origin may not connect; see CORS_ORIGINS');
  }
}

/** A browser lets any page open a WebSocket and only tells whose it is. */
const isOwnOrigin = (ctx: ApiContext, origin: string): boolean =>
  URL.canParse(origin) && new URL(origin).host === ctx.host;

function joinedBy(
  engine: Pick<ApiServices, 'credentials' | 'database' | 'feeds' | 'now'>,
  ctx: ApiContext,
  caller: Caller,
  line: SocketLine,
): SocketParty {
  const { feeds, now } = engine;
  const { log, requestId } = ctx.state;
  const feed = feeds.open(caller, {
    event: (entry) => line.send(entry.socket()),
    token: (text) => line.offer(text.socket()),
    ready: () => line.ready(),
  });
  const end = (): void => line.close(CLOSE.rightsEnded, 'the rights of its credential have ended');
  ctx.state.endStream = end;
  const session = createSocketSession({
    line,
    feed,
    feeds,
    reach: reachOfCaller(engine, caller, (present) => {
      if (present === null || !mayGoOn(caller, present, SPEC)) end();
      else feed.actFor(present);
    }),
    requestId,
    failed: (error) => log.error({ err: error }, 'message of a WebSocket failed'),
    now,
  });
  return {
    receive: (data, isBinary) => session.receive(data, isBinary),
    closed: () => feeds.close(feed),
  };
}

/**
 * What the caller reaches, with the rights of the moment in which it is asked.
 * @param seen told what these rights are; null when the credential has ended
 */
function reachOfCaller(
  engine: Pick<ApiServices, 'credentials' | 'database'>,
  opened: Caller,
  seen: (now: Caller | null) => void,
): SocketReach {
  const present = async (): Promise<Caller> => {
    const caller = await engine.credentials.present(opened);
    seen(caller);
    if (caller === null) throw new MusterError('UNAUTHENTICATED', 'The credential has ended');
    authorize(caller, SPEC);
    return caller;
  };
  return {
    execution: async (ref) => reachExecution(engine, await present(), ref, { result: false }),
    workflow: async (id) => void (await reachWorkflow(engine, await present(), id)),
    agent: async (id) => {
      const scope = reachOf(await present());
      const agent = await engine.database.as(scope, (em) => findAgent(em, id, scope));
      if (agent === null) throw notFound('agent');
    },
  };
}
