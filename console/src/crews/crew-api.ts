import { answer, api, type GraphDocumentSchema, type GraphValidationSchema } from '../api/client.ts';
import type { JsonObject } from '../design/json.ts';

/** What is asked of the API about crews: graphs, their versions and their files. */

/** A document as it was read from a text; what does not fit is for the API to say. */
const asGraph = (document: JsonObject): GraphDocumentSchema => ({ ...document });

export const validate = (document: JsonObject): Promise<GraphValidationSchema> =>
  answer(api.POST('/api/v1/graphs/validate', { body: asGraph(document) }));

export const createGraph = (document: JsonObject) =>
  answer(api.POST('/api/v1/graphs', { body: asGraph(document) }));

/** Saves the next version. @throws {ApiError} 409 when somebody has saved one since `version` */
export const saveGraph = (id: string, document: JsonObject, version: number) =>
  answer(
    api.PUT('/api/v1/graphs/{graph_id}', {
      params: { path: { graph_id: id } },
      body: { ...asGraph(document), version },
    }),
  );

/** A CrewAI project as a zip, or the text of its files. */
export const importZip = (zip: File) =>
  answer(
    api.POST('/api/v1/graphs/import', {
      body: '',
      bodySerializer: () => zip,
      headers: { 'content-type': 'application/zip' },
    }),
  );

export const importFiles = (files: Record<string, string>) =>
  answer(api.POST('/api/v1/graphs/import', { body: { files } }));

/** Gives the browser a file to keep. */
export async function exportGraph(id: string, format: 'json' | 'crewai', name: string): Promise<void> {
  const blob = await answer(
    api.GET('/api/v1/graphs/{graph_id}/export', {
      params: { path: { graph_id: id }, query: { format } },
      parseAs: 'blob',
    }),
  );
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = `${name.replaceAll(/[^\p{L}\p{N}]+/gu, '-') || 'crew'}.${format === 'json' ? 'json' : 'zip'}`;
  link.click();
  URL.revokeObjectURL(address);
}
