import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link, useLocation } from 'wouter';
import { answerWithTotal, api, queries, type GraphSummarySchema } from '../api/client.ts';
import { Commands } from '../design/commands.tsx';
import { Moment } from '../design/figures.tsx';
import { useDebounced } from '../design/hooks.ts';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { Empty, ErrorNote } from '../design/notes.tsx';
import { PageHead } from '../design/page-head.tsx';
import { Tabs } from '../design/tabs.tsx';
import { Everybodys } from '../session/everybodys.tsx';
import { createGraph } from './crew-api.ts';
import { FRESH_CREW } from './document.ts';
import { ImportButton } from './import-button.tsx';
import { TemplateList } from './template-list.tsx';

const VIEWS = ['crews', 'templates'] as const;
const PANEL = 'crews';

/** The crews one has, and the templates to begin with. */
export default function CrewListPage(): JSX.Element {
  const { params, show } = useListAddress();
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
      <PageHead title="Crews">
        <ImportButton />
        <button
          type="button"
          className="button button--primary"
          disabled={create.isPending}
          onClick={() => create.mutate()}
        >
          New crew
        </button>
      </PageHead>
      {create.error !== null && <ErrorNote error={create.error} />}
      <Tabs
        names={VIEWS}
        chosen={view}
        onChoose={(name) => show({ view: name === 'crews' ? undefined : name })}
        label="What to look at"
        panel={PANEL}
      />
      <div id={PANEL} role="tabpanel" aria-labelledby={`${PANEL}-${view}`} className="stack">
        {view === 'crews' ? <CrewList /> : <TemplateList />}
      </div>
    </>
  );
}

function CrewList(): JSX.Element {
  const { params, page, scope, query, show, showPage } = useListAddress();
  const written = params.get('q') ?? '';
  const q = useDebounced(written, 250);
  const asked = { ...query, scope, ...(q !== '' && { q }) };
  const crews = useQuery({
    queryKey: ['graphs', asked],
    queryFn: () => answerWithTotal(api.GET('/api/v1/graphs', { params: { query: asked } })),
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
            value={written}
            onChange={({ target }) => show({ q: target.value }, true)}
          />
        </label>
        <Everybodys scope={scope} onChange={(next) => show({ scope: next })} />
        <Commands calls={[{ title: 'crews', method: 'GET', path: '/graphs', muster: 'muster graphs ls' }]} />
      </div>
      <Listed query={crews} what="crews" page={page} onPage={showPage}>
        {(rows) => <CrewTable crews={rows} />}
      </Listed>
    </>
  );
}

function CrewTable({ crews }: { crews: readonly GraphSummarySchema[] }): JSX.Element {
  if (crews.length === 0) {
    return (
      <Empty title="No crews here">
        <p>Make a new one, begin with a template, or import the folder of a CrewAI project.</p>
      </Empty>
    );
  }
  return (
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
}
