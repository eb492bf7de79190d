import { z } from 'zod';
import { graphDocumentSchema, type GraphDocumentBody } from '../../../contracts/graph.ts';
import { UPLOAD_LIMITS } from '../../../crews/transfer/uploaded-files.ts';
import { invalid } from '../../../domain/errors.ts';
import type { GraphDocument } from '../../../domain/graph/graph-document.ts';
import { secretIssues } from '../../../domain/secret-fields.ts';
import { createGraph } from '../../../persistence/repositories/graphs.repository.ts';
import { LARGE_DOCUMENT } from '../../middleware/json-body.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { makeOwned } from '../../make-owned.ts';
import { toIssues } from '../../../contracts/issues.ts';
import { reachGraph } from './access.ts';
import { reportOn } from './compile.ts';
import { exampleDocument, exampleGraph, exampleValidation } from './examples.ts';
import { documentOf, graphParamsSchema, graphSchema, presentGraph, validationSchema } from './schema.ts';

const TAGS = ['Graphs'] as const;

/** Crews come in as CrewAI's files and go out as a project that runs under CrewAI. */
export const transferRoutes = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'now' | 'settings' | 'tools'>,
): AnyRoute[] => [importRoute(engine), exportRoute(engine)];

const offeredTools = (engine: Pick<ApiServices, 'tools'>): readonly string[] => engine.tools.registry.names();

const nameSchema = z.string().trim().min(1).max(200);

const crewSchema = nameSchema.describe(
  'Which crew is meant where the files hold several: its folder, or its class under `@CrewBase`',
);
const folderSchema = nameSchema.describe(
  'The folder the files come from: names the graph where neither `name` nor the crew does',
);

const importGraphSchema = z
  .object({
    name: nameSchema.optional().describe('What the graph shall be called; else as the crew calls itself'),
    crew: crewSchema.optional(),
    folder: folderSchema.optional(),
    files: z.record(z.string(), z.string()).describe('The text of each file by its path'),
  })
  .meta({ id: 'ImportGraph', description: 'The files of a crew, as an alternative to a zip of them.' });

const importedGraphSchema = z
  .object({
    graph: graphSchema,
    report: validationSchema,
    warnings: z
      .array(z.object({ path: z.string().describe('`file:line`, or the file'), message: z.string() }))
      .describe('What could not be read or was left out'),
  })
  .meta({ id: 'ImportedGraph' });

const exampleImport = {
  name: 'Research',
  files: {
    'config/agents.yaml':
      'researcher:\n  role: Senior Researcher\n  goal: Find what is new in {topic}\n  backstory: You read everything.\n',
    'config/tasks.yaml':
      'research:\n  description: Research {topic}\n  expected_output: Ten findings\n  agent: researcher\n',
  },
};

const importRoute = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'now' | 'settings' | 'tools'>,
): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/graphs/import',
      operationId: 'importGraph',
      tags: TAGS,
      summary: 'Make a graph of a CrewAI project',
      description:
        'Takes `agents.yaml` and `tasks.yaml` from any folder, with the program beside them (`crew.py`, or another with ' +
        '`@CrewBase`), which is read and never run, such a program alone, or the `crew.jsonc` of CrewAI 1.15 with its ' +
        '`agents/`; as a zip or as JSON. Texts are UTF-8. Of several crews `crew` says which. Files that cannot be read ' +
        'are 422, each issue at `file:line:column`, and nothing is stored. A crew that can be read but is not valid is stored as a draft; ' +
        '`report` says what is wrong with it.',
      access: 'user',
      body: importGraphSchema,
      bodyLimits: LARGE_DOCUMENT,
      example: exampleImport,
      upload: {
        contentType: 'application/zip',
        limitBytes: UPLOAD_LIMITS.archiveBytes,
        description: 'A zip of the project’s folder',
      },
      query: z.object({
        name: nameSchema.optional().describe('What the graph of a zip shall be called'),
        crew: crewSchema.optional(),
        folder: folderSchema.optional(),
      }),
      responses: {
        201: {
          description: 'Stored',
          schema: importedGraphSchema,
          example: { graph: exampleGraph, report: exampleValidation, warnings: [] },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ query, body, upload, caller, request, respond }) => {
      const { document, warnings } = await engine.computing.run(
        'importCrew',
        {
          upload:
            upload === undefined
              ? { kind: 'files', files: body?.files ?? {} }
              : { kind: 'zip', bytes: new Uint8Array(upload) },
          options: {
            name: body?.name ?? query.name,
            crew: body?.crew ?? query.crew,
            folder: body?.folder ?? query.folder,
          },
        },
        { owner: caller.userId, signal: request.signal },
      );
      const checked = storable(document);
      const save = { document: checked, userId: caller.userId, now: engine.now() };
      const graph = await makeOwned(engine, caller.userId, ['graphs'], (em) =>
        createGraph(em, caller.userId, save),
      );
      const report = await reportOn(engine, caller.userId, checked);
      return respond(
        201,
        { graph: presentGraph(graph), report, warnings },
        { Location: `/api/v1/graphs/${graph.id}` },
      );
    },
  );

/** `/nodes/1/data/llm/api_key` → `writer/llm/api_key`: the files know nothing of nodes. */
function placeOf({ nodes }: GraphDocument, path: string): string {
  const [, place, below] = /^\/nodes\/(\d+)\/data(\/.*)$/.exec(path) ?? [];
  return below === undefined ? path : `${nodes[Number(place)]?.id ?? ''}${below}`;
}

/** @throws {MusterError} VALIDATION_FAILED for what no graph may have: secrets, names that are too long, too many nodes. */
function storable(document: GraphDocument): GraphDocumentBody {
  const secrets = secretIssues(document);
  if (secrets.length > 0) {
    const named = secrets.map(({ path, message }) => ({ path: placeOf(document, path), message }));
    throw invalid(`The crew holds secrets: ${named[0]?.path}: ${named[0]?.message}`, named);
  }
  const checked = graphDocumentSchema.safeParse({ ...document, name: document.name.trim().slice(0, 200) });
  if (checked.success) return checked.data;
  throw invalid('The crew does not make a graph', toIssues(checked.error, 'body'));
}

const exportQuery = z.object({
  format: z
    .enum(['json', 'crewai'])
    .default('json')
    .describe('`json`: the document; `crewai`: a zip with a project for CrewAI 0.121.1'),
});

const exportRoute = (engine: Pick<ApiServices, 'computing' | 'database' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/graphs/{graph_id}/export',
      operationId: 'exportGraph',
      tags: TAGS,
      summary: 'Take a graph away as a file',
      description:
        'With `format=crewai` a project that runs under CrewAI 0.121.1: `agents.yaml`, `tasks.yaml`, `crew.py` and what ' +
        'they need. A graph that is not valid, or runs under `process: graph`, is refused (422).',
      access: 'user',
      params: graphParamsSchema,
      what: 'graph',
      query: exportQuery,
      responses: {
        200: {
          description: 'The file',
          schema: graphDocumentSchema,
          example: exampleDocument,
          file: 'application/zip',
          headers: { 'Content-Disposition': 'The name of the file' },
        },
      },
    },
    async ({ params, query, caller, respond }) => {
      const graph = await reachGraph(engine, caller, params.graph_id);
      const document = documentOf(graph);
      if (query.format === 'json') return respond(200, document, attachment(document.name, graph.id, 'json'));
      const project = await engine.computing.run(
        'exportCrew',
        { document, surroundings: { offeredTools: offeredTools(engine) } },
        { owner: caller.userId },
      );
      if (!project.ok) throw invalid(`The graph cannot be exported: ${project.why}`, project.issues);
      return respond(200, Buffer.from(project.zip), attachment(document.name, graph.id, 'zip'));
    },
  );

/** Header fields hold plain letters only, so the graph's name is thinned out; its id stands in for an empty one. */
function attachment(name: string, id: string, ending: string): Record<string, string> {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/[^\w]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 80)
    .toLowerCase();
  return { 'Content-Disposition': `attachment; filename="${plain === '' ? id : plain}.${ending}"` };
}
