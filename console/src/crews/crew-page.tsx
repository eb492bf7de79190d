import { useMutation, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState, type JSX } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { answer, api, ApiError, queries, type GraphSchema } from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { Commands } from '../design/commands.tsx';
import { Moment } from '../design/figures.tsx';
import type { JsonObject } from '../design/json.ts';
import { ErrorNote, Loading } from '../design/notes.tsx';
import { useTabTitle } from '../design/page-head.tsx';
import { Tabs } from '../design/tabs.tsx';
import { useSignedIn } from '../session/person.ts';
import { exportGraph, saveGraph, validate } from './crew-api.ts';
import { CrewEditor } from './crew-editor.tsx';
import { readDocument, writeDocument, type Format } from './document.ts';
import { StartDialog } from './start-dialog.tsx';
import { VersionView } from './version-view.tsx';

const CrewDrawing = lazy(() => import('./crew-drawing.tsx'));

const VIEWS = ['drawing', 'editor', 'versions'] as const;
type View = (typeof VIEWS)[number];
const PANEL = 'crew-view';

/** One crew: drawn, as text, in its versions; and everything one can do with it. */
export default function CrewPage({ id }: { id: string }): JSX.Element {
  const graph = useQuery({
    queryKey: ['graph', id],
    queryFn: () => answer(api.GET('/api/v1/graphs/{graph_id}', { params: { path: { graph_id: id } } })),
  });
  if (graph.data === undefined)
    return graph.error === null ? (
      <Loading what="the crew" />
    ) : (
      <ErrorNote error={graph.error} again={() => void graph.refetch()} />
    );
  return (
    <>
      <Head graph={graph.data} />
      <Views graph={graph.data} />
    </>
  );
}

/** What is drawn and written: the graph without what the server keeps about it. */
const documentOf = ({ name, description, nodes, edges, viewport }: GraphSchema): JsonObject =>
  JSON.parse(JSON.stringify({ name, description, nodes, edges, ...(viewport !== null && { viewport }) }));

function Head({ graph }: { graph: GraphSchema }): JSX.Element {
  const [isStarting, setIsStarting] = useState(false);
  const title = graph.name === '' ? 'Without a name' : graph.name;
  useTabTitle(title);
  return (
    <header className="stack">
      <div className="row spread">
        <h1>{title}</h1>
        <span className="soft">
          version {graph.version}, changed <Moment at={graph.updated_at} /> ·{' '}
          <Link href={`/runs?graph_id=${graph.id}`}>its runs</Link>
        </span>
      </div>
      {graph.description !== '' && <p className="soft">{graph.description}</p>}
      <Actions graph={graph} onStart={() => setIsStarting(true)} />
      {isStarting && <StartDialog id={graph.id} onClose={() => setIsStarting(false)} />}
    </header>
  );
}

function Actions({ graph, onStart }: { graph: GraphSchema; onStart: () => void }): JSX.Element {
  const { id, name } = graph;
  const isAdmin = useSignedIn().role === 'admin';
  const [, go] = useLocation();
  const [isDeleting, setIsDeleting] = useState(false);
  const params = { params: { path: { graph_id: id } } };
  const take = useMutation({
    mutationFn: (format: 'json' | 'crewai') => exportGraph(id, format, name),
  });
  const clone = useMutation({
    mutationFn: () => answer(api.POST('/api/v1/graphs/{graph_id}/clone', params)),
    onSuccess: (made) => go(`/crews/${made.id}`),
  });
  const template = useMutation({
    mutationFn: () => {
      const { description, nodes, edges } = graph;
      const body = { name, description, graph: { name, description, nodes, edges } };
      return answer(api.POST('/api/v1/templates', { body }));
    },
    onSuccess: () => go('/crews?view=templates'),
  });
  const failed = take.error ?? clone.error ?? template.error;
  return (
    <>
      <div className="row" role="group" aria-label="What to do with it">
        <button type="button" className="button button--primary" onClick={onStart}>
          Start
        </button>
        <button type="button" className="button" onClick={() => take.mutate('crewai')}>
          Export for CrewAI
        </button>
        <button type="button" className="button" onClick={() => take.mutate('json')}>
          Export JSON
        </button>
        <button type="button" className="button" disabled={clone.isPending} onClick={() => clone.mutate()}>
          Clone
        </button>
        {isAdmin && (
          <button
            type="button"
            className="button"
            disabled={template.isPending}
            onClick={() => template.mutate()}
          >
            Make it a template
          </button>
        )}
        <button type="button" className="button button--danger" onClick={() => setIsDeleting(true)}>
          Delete
        </button>
        <Commands
          calls={[
            {
              title: 'start',
              method: 'POST',
              path: `/graphs/${id}/execute`,
              muster: `muster run ${id} --wait`,
            },
            {
              title: 'export',
              method: 'GET',
              path: `/graphs/${id}/export?format=crewai`,
              muster: `muster graphs export ${id}`,
            },
            { title: 'draw', method: 'GET', path: `/graphs/${id}`, muster: `muster graphs draw ${id}` },
          ]}
        />
      </div>
      {failed !== null && <ErrorNote error={failed} />}
      {isDeleting && <DeleteDialog graph={graph} onClose={() => setIsDeleting(false)} />}
    </>
  );
}

function DeleteDialog({
  graph: { id, name, version },
  onClose,
}: {
  graph: GraphSchema;
  onClose: () => void;
}): JSX.Element {
  const [, go] = useLocation();
  return (
    <ActionDialog
      title={`Delete ${name}?`}
      verb="Delete"
      call={{ method: 'DELETE', path: `/graphs/${id}`, muster: `muster graphs rm ${id}` }}
      work={() => answer(api.DELETE('/api/v1/graphs/{graph_id}', { params: { path: { graph_id: id } } }))}
      changes={['graphs']}
      isDangerous
      onDone={() => go('/crews')}
      onClose={onClose}
    >
      <p>It goes with {version === 1 ? 'its version' : `all its ${version} versions`}. Its runs stay.</p>
    </ActionDialog>
  );
}

function Views({ graph }: { graph: GraphSchema }): JSX.Element {
  const [params, setParams] = useSearchParams();
  const view = VIEWS.find((name) => name === params.get('view')) ?? 'drawing';
  const show = (name: View): void => setParams(name === 'drawing' ? {} : { view: name }, { replace: true });
  return (
    <>
      <Tabs names={VIEWS} chosen={view} onChoose={show} label="Views of the crew" panel={PANEL} />
      <div id={PANEL} role="tabpanel" aria-labelledby={`${PANEL}-${view}`}>
        {view === 'drawing' && <DrawingView graph={graph} onEdit={() => show('editor')} />}
        {view === 'editor' && <EditorView key={graph.version} graph={graph} />}
        {view === 'versions' && <VersionView key={graph.version} id={graph.id} latest={graph.version} />}
      </div>
    </>
  );
}

function DrawingView({ graph, onEdit }: { graph: GraphSchema; onEdit: () => void }): JSX.Element {
  const document = useMemo(() => documentOf(graph), [graph]);
  const checked = useQuery({
    queryKey: ['graph-validation', graph.id, graph.version],
    queryFn: () => validate(document),
  });
  const faults = useMemo(() => {
    const ids = (checked.data?.errors ?? []).map(({ node_id: nodeId }) => nodeId);
    return new Map(
      ids.flatMap((id) => (id === undefined ? [] : [[id, ids.filter((one) => one === id).length] as const])),
    );
  }, [checked.data]);
  return (
    <div className="stack">
      {checked.data?.valid === false && (
        <div className="note note--bad" role="status">
          <span>
            It cannot be started: {checked.data.errors.length} at fault.{' '}
            <button type="button" className="button button--small" onClick={onEdit}>
              Show in the editor
            </button>
          </span>
        </div>
      )}
      <Suspense fallback={<Loading what="the drawing" />}>
        <CrewDrawing document={document} faults={faults} onChoose={onEdit} />
      </Suspense>
    </div>
  );
}

function EditorView({ graph }: { graph: GraphSchema }): JSX.Element {
  const [format, setFormat] = useState<Format>('json');
  const [text, setText] = useState(() => writeDocument(documentOf(graph), 'json'));
  const read = useMemo(() => readDocument(text), [text]);
  const isChanged =
    read.document === null || JSON.stringify(read.document) !== JSON.stringify(documentOf(graph));
  const save = useMutation({
    mutationFn: (document: JsonObject) => saveGraph(graph.id, document, graph.version),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['graph', graph.id] });
    },
  });
  const isOvertaken = save.error instanceof ApiError && save.error.status === 409;
  return (
    <div className="stack">
      <div className="row">
        <button
          type="button"
          className="button button--primary"
          disabled={read.document === null || !isChanged || save.isPending}
          onClick={() => read.document !== null && save.mutate(read.document)}
        >
          Save
        </button>
        <span className="soft" role="status">
          {isChanged ? 'not saved' : `saved as version ${graph.version}`}
        </span>
        {isOvertaken && (
          <button
            type="button"
            className="button"
            onClick={() => void queries.invalidateQueries({ queryKey: ['graph', graph.id] })}
          >
            Leave mine, show theirs
          </button>
        )}
      </div>
      {save.error !== null && <ErrorNote error={save.error} />}
      <CrewEditor text={text} format={format} onText={setText} onFormat={setFormat} />
    </div>
  );
}
