import { z } from 'zod';
import { conflict, invalid, type Issue } from '../../../domain/errors.ts';
import { decodeUtf8 } from '../../../domain/utf8-text.ts';
import type { FlowDefinition } from '../../../flows/declared/definition.ts';
import { flowNameOf } from '../../../flows/declared/flow-name.ts';
import type { DeclaredFlow } from '../../../persistence/entities/flow.entity.ts';
import {
  createFlow,
  deleteFlow,
  replaceFlow,
  type FlowSave,
} from '../../../persistence/repositories/flows.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { makeOwned } from '../../make-owned.ts';
import { messageSchema } from '../auth/schema.ts';
import { preparedFlow, reachFlow, storedName } from './declared-access.ts';
import { exampleDefinition, exampleFlow } from './examples.ts';
import { isTakenName } from './free-names.ts';
import { presentDeclared, presentFlow } from './present.ts';
import { flowDetailSchema, flowParam, MAX_DEFINITION, savedFlowSchema, uploadFlowSchema } from './schema.ts';

const TAGS = ['Flows'] as const;
const ONE = { tags: TAGS, access: 'user', params: z.object({ flow: flowParam }), what: 'flow' } as const;
const UPLOAD = {
  body: uploadFlowSchema,
  upload: {
    contentType: 'application/yaml',
    limitBytes: MAX_DEFINITION,
    description: 'The YAML of the flow',
  },
  example: { definition: exampleDefinition },
} as const;

/** Flows as data: uploaded, replaced, deleted, without a deploy. */
export const declaredRoutes = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'flows' | 'now' | 'settings' | 'tools'>,
): AnyRoute[] => [createRoute(engine), getRoute(engine), replaceRoute(engine), deleteRoute(engine)];

interface Uploaded {
  save: FlowSave;
  warnings: Issue[];
}

/**
 * Checks an upload, all of it.
 * @throws {MusterError} VALIDATION_FAILED with paths into the definition; CONFLICT for a name that is a path or a flow in
 *   code
 */
async function checkUpload(
  engine: Pick<ApiServices, 'computing' | 'database' | 'flows' | 'now' | 'tools'>,
  ownerId: string,
  { body, upload }: { body: z.output<typeof uploadFlowSchema> | undefined; upload: Buffer | undefined },
): Promise<Uploaded> {
  const given = upload === undefined ? (body?.definition ?? '') : textOf(upload);
  const read = await engine.computing.run('readFlow', given, { owner: ownerId });
  if (!read.ok) throw invalid('The flow is not valid', read.issues);
  const { definition } = read;
  const name = freeName(engine, definition);
  const { warnings } = await preparedFlow(engine, ownerId, definition);
  const source = typeof given === 'string' ? given : JSON.stringify(given, null, 2);
  return { save: { name, source, definition, now: engine.now() }, warnings: [...read.warnings, ...warnings] };
}

/** @throws {MusterError} VALIDATION_FAILED when it is no UTF-8. */
function textOf(upload: Buffer): string {
  const decoded = decodeUtf8(upload);
  if (decoded.ok) return decoded.text;
  throw invalid(`The flow cannot be read: ${decoded.reason}`, [
    { path: 'flow.yaml:1:1', message: decoded.reason },
  ]);
}

function freeName(engine: Pick<ApiServices, 'flows'>, { name: written }: FlowDefinition): string {
  const name = flowNameOf(written);
  if (name === null) {
    const message =
      'of the name a path is made: begin with a letter, and use letters, digits, spaces, - and _ only';
    throw invalid('The flow is not valid', [{ path: '/name', message }]);
  }
  const path = name.replaceAll('_', '-');
  if (engine.flows.find(name) !== undefined)
    throw conflict(`${path} is a flow of this server: choose another name`);
  if (isTakenName(path)) throw conflict(`/api/v1/${path} is a path already: choose another name`);
  return name;
}

const saved = (flow: DeclaredFlow, warnings: Issue[]): z.input<typeof savedFlowSchema> => ({
  ...presentDeclared(flow),
  warnings,
});

const createRoute = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'flows' | 'now' | 'settings' | 'tools'>,
): AnyRoute =>
  defineRoute(
    {
      ...UPLOAD,
      method: 'POST',
      path: '/api/v1/flows',
      operationId: 'createFlow',
      tags: TAGS,
      summary: 'Upload a declarative flow',
      description:
        'YAML as `application/yaml`, or JSON. `ResearchReviewFlow` runs at `/api/v1/research-review-flow/execute` from then ' +
        'on. Everything that is wrong with it is said at once; what would run code (`code`, `script`) is refused.',
      access: 'user',
      responses: {
        201: {
          description: 'It can be run',
          schema: savedFlowSchema,
          example: { ...exampleFlow, warnings: [] },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ body, upload, caller: { userId: ownerId }, respond }) => {
      const { save, warnings } = await checkUpload(engine, ownerId, { body, upload });
      const flow = await makeOwned(engine, ownerId, ['flows'], (em) => createFlow(em, ownerId, save));
      return respond(201, saved(flow, warnings), { Location: `/api/v1/flows/${flow.name}` });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database' | 'flows'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/flows/{flow}',
      operationId: 'getFlow',
      summary: 'One flow with its definition',
      responses: { 200: { description: 'The flow', schema: flowDetailSchema, example: exampleFlow } },
    },
    async ({ params, caller, respond }) => {
      const code = engine.flows.find(params.flow);
      if (code === undefined)
        return respond(200, presentDeclared(await reachFlow(engine, caller.userId, params.flow)));
      const none = { definition: null, source: null, created_at: null, updated_at: null };
      return respond(200, { ...presentFlow(code, 'code'), ...none });
    },
  );

const replaceRoute = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'flows' | 'now' | 'tools'>,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      ...UPLOAD,
      method: 'PUT',
      path: '/api/v1/flows/{flow}',
      operationId: 'replaceFlow',
      summary: 'Replace an uploaded flow',
      description: 'Executions that are under way go on with what they were started with. Its name stays.',
      responses: {
        200: { description: 'Replaced', schema: savedFlowSchema, example: { ...exampleFlow, warnings: [] } },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, upload, caller: { userId: ownerId }, respond }) => {
      if (engine.flows.find(params.flow) !== undefined)
        throw conflict(`${params.flow} is a flow of this server: it is changed in its code`);
      const { name } = await reachFlow(engine, ownerId, params.flow);
      const { save, warnings } = await checkUpload(engine, ownerId, { body, upload });
      if (save.name !== name) {
        const message = `this is the name of ${save.name}, not of ${name}: upload it with POST /api/v1/flows`;
        throw invalid('The flow is not valid', [{ path: '/name', message }]);
      }
      const flow = await engine.database.as({ ownerId }, (em) => replaceFlow(em, ownerId, save));
      return respond(200, saved(flow, warnings));
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database' | 'flows'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/flows/{flow}',
      operationId: 'deleteFlow',
      summary: 'Delete an uploaded flow',
      description: 'Its executions stay. While one of them is live it is refused (409).',
      responses: {
        200: { description: 'Deleted', schema: messageSchema, example: { message: 'Flow deleted' } },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller: { userId: ownerId }, respond }) => {
      if (engine.flows.find(params.flow) !== undefined)
        throw conflict(`${params.flow} is a flow of this server and cannot be deleted`);
      await engine.database.as({ ownerId }, (em) => deleteFlow(em, ownerId, storedName(params.flow)));
      return respond(200, { message: 'Flow deleted' });
    },
  );
