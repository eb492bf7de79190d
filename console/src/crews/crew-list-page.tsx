import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { answerWithTotal, api, queries } from '../api/client.ts';
import { Commands } from '../design/commands.tsx';
import { Moment } from '../design/figures.tsx';
import { useDebounced } from '../design/hooks.ts';
import { Empty, ErrorNote, Loading } from '../design/notes.tsx';
import { Pager } from '../design/pager.tsx';
import { Tabs } from '../design/tabs.tsx';
import { useSignedIn } from '../session/person.ts';
import { createGraph } from './crew-api.ts';
import { FRESH_CREW } from './document.ts';
import { ImportButton } from './import-button.tsx';
import { TemplateList } from './template-list.tsx';

const VIEWS = ['crews', 'templates'] as const;
const PANEL = 'crews';
const PAGE = 30;

/** The crews one has, and the templates to begin with. */
export default function CrewListPage(): JSX.Element {
  const [params, setParams] = useSearchParams();
  const view = params.get('view') === 'templates' ? 'templates' : 'crews';
  const [, go] = useLocation();
  const create = useMutation({
    mutationFn: () => createGraph(FRESH_CREW),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ['graphs'] });
      go(`/crews/${id}?view=editor`);
    },
  });
  return (
    <>
      <div className="row spread">
        <h1>Crews</h1>
        <div className="row">
          <ImportButton />
          <button
            type="button"
            className="button button--primary"
            disabled={create.isPending}
            onClick={() => create.mutate()}
          >
            New crew
          </button>
        </div>
      </div>
      {create.error !== null && <ErrorNote error={create.error} />}
      <Tabs
        names={VIEWS}
        chosen={view}
        onChoose={(name) => setParams(name === 'crews' ? {} : { view: name })}
        label="What to look at"
        panel={PANEL}
      />
      <div id={PANEL} role="tabpanel" aria-labelledby={`${PANEL}-${view}`} className="stack">
        {view === 'crews' ? <CrewList /> : <TemplateList />}
      </div>
    </>
  );
}

interface ListFilter {
  q: string;
  everybodys: boolean;
  page: number;
}

function CrewList(): JSX.Element {
  const isAdmin = useSignedIn().role === 'admin';
  const [params, setParams] = useSearchParams();
  const page = Math.max(1, Math.trunc(Number(params.get('page') ?? 1)) || 1);
  const filter: ListFilter = { q: params.get('q') ?? '', everybodys: params.get('scope') === 'all', page };
  const show = (part: Partial<ListFilter>): void => {
    const next = { ...filter, page: 1, ...part };
    setParams(
      {
        ...(next.q !== '' && { q: next.q }),
        ...(next.everybodys && { scope: 'all' }),
        ...(next.page > 1 && { page: String(next.page) }),
      },
      { replace: true },
    );
  };
  const query = {
    ...(filter.q !== '' && { q: filter.q }),
    scope: filter.everybodys ? ('all' as const) : ('mine' as const),
    skip: (page - 1) * PAGE,
    limit: PAGE,
  };
  const settled = useDebounced(JSON.stringify(query), 250);
  const crews = useQuery({
    queryKey: ['graphs', settled],
    queryFn: () => answerWithTotal(api.GET('/api/v1/graphs', { params: { query: JSON.parse(settled) } })),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <div className="row" role="search">
        <label className="field">
          <span className="visually-hidden">Part of a name</span>
          <input
            className="input"
            type="search"
            placeholder="Part of a name"
            value={filter.q}
            onChange={({ target }) => show({ q: target.value })}
          />
        </label>
        {isAdmin && (
          <label className="check">
            <input
              type="checkbox"
              checked={filter.everybodys}
              onChange={({ target }) => show({ everybodys: target.checked })}
            />
            everybody’s
          </label>
        )}
        <Commands calls={[{ title: 'crews', method: 'GET', path: '/graphs', muster: 'muster graphs ls' }]} />
      </div>
      {crews.error !== null && <ErrorNote error={crews.error} again={() => void crews.refetch()} />}
      {crews.data === undefined && crews.error === null && <Loading what="crews" />}
      {crews.data !== undefined && (
        <>
          {crews.data.data.length === 0 ? (
            <Empty title="No crews here">
              <p>Make a new one, begin with a template, or import the folder of a CrewAI project.</p>
            </Empty>
          ) : (
            <CrewTable crews={crews.data.data} />
          )}
          <Pager page={page} size={PAGE} total={crews.data.total} onPage={(next) => show({ page: next })} />
        </>
      )}
    </>
  );
}

const CrewTable = ({
  crews,
}: {
  crews: readonly { id: string; name: string; description: string; version: number; updated_at: string }[];
}): JSX.Element => (
  <div className="card">
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Crew</th>
          <th scope="col" className="number">
            Version
          </th>
          <th scope="col">Changed</th>
          <th scope="col">Runs</th>
        </tr>
      </thead>
      <tbody>
        {crews.map(({ id, name, description, version, updated_at: updatedAt }) => (
          <tr key={id}>
            <td className="wide">
              <Link href={`/crews/${id}`}>
                <b>{name === '' ? 'Without a name' : name}</b>
              </Link>
              {description !== '' && <div className="soft">{description}</div>}
            </td>
            <td className="number" data-label="Version">
              {version}
            </td>
            <td data-label="Changed">
              <Moment at={updatedAt} />
            </td>
            <td>
              <Link href={`/runs?graph_id=${id}`}>
                its runs<span className="visually-hidden"> of {name}</span>
              </Link>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
