import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { answerWithTotal, api, type AuditEntrySchema } from '../api/client.ts';
import { Commands } from '../design/commands.tsx';
import { Moment } from '../design/figures.tsx';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { Empty } from '../design/notes.tsx';
import { PageHead } from '../design/page-head.tsx';
import { ForAdmins } from '../session/for-admins.tsx';
import { AuditFilterBar } from './audit-filter-bar.tsx';
import { filterOf } from './audit-filter.ts';
import { useUserNames } from './use-user-names.ts';
import './audit.css';

/** What admins and API keys did, and what was refused. */
export default function AuditPage(): JSX.Element {
  return (
    <ForAdmins title="Audit">
      <Audit />
    </ForAdmins>
  );
}

function Audit(): JSX.Element {
  const { params, page, query, show, showPage } = useListAddress();
  const filter = filterOf(params);
  const asked = { ...query, ...filter };
  const entries = useQuery({
    queryKey: ['audit', asked],
    queryFn: () => answerWithTotal(api.GET('/api/v1/audit', { params: { query: asked } })),
    placeholderData: keepPreviousData,
  });
  const search = new URLSearchParams(filter).toString();
  return (
    <>
      <PageHead title="Audit">
        <Commands
          calls={[{ title: 'list', method: 'GET', path: `/audit${search === '' ? '' : `?${search}`}` }]}
        />
      </PageHead>
      <AuditFilterBar filter={filter} onChange={show} />
      <Listed query={entries} what="the audit trail" page={page} onPage={showPage}>
        {(rows) => <AuditTable entries={rows} onFilter={show} />}
      </Listed>
    </>
  );
}

interface FilterProps {
  onFilter: (part: Record<string, string>) => void;
}

function AuditTable({
  entries,
  onFilter,
}: FilterProps & { entries: readonly AuditEntrySchema[] }): JSX.Element {
  const names = useUserNames();
  if (entries.length === 0) {
    return (
      <Empty title="Nothing here">
        <p>
          Whatever admins and API keys change is written down within a second. Show other times or actions.
        </p>
      </Empty>
    );
  }
  return (
    <div className="card">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Action</th>
            <th scope="col">Who</th>
            <th scope="col">Request</th>
            <th scope="col">Answer</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <AuditRow key={entry.id} of={entry} names={names} onFilter={onFilter} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AuditRow({
  of,
  names,
  onFilter,
}: FilterProps & { of: AuditEntrySchema; names: ReadonlyMap<string, string> }): JSX.Element {
  const { actor_user_id: actor } = of;
  return (
    <tr>
      <td>
        <Moment at={of.at} />
      </td>
      <td className="wide">
        <button
          type="button"
          className="audit__filter"
          aria-label={`only ${of.action}`}
          onClick={() => onFilter({ action: of.action })}
        >
          {of.action}
        </button>
      </td>
      <td className="wide" data-label="Who">
        {actor === null ? (
          <span className="soft">nobody that is known</span>
        ) : (
          <Link href={`/audit?actor_user_id=${actor}`}>{names.get(actor) ?? actor}</Link>
        )}
        {of.actor_key_id !== null && <span className="soft"> by API key</span>}
      </td>
      <td className="wide">
        <code>
          {of.method} {of.path}
        </code>
      </td>
      <td data-label="Answer">
        <span className={of.status < 400 ? '' : 'audit__refused'}>
          {of.status}
          {of.status >= 400 && ' refused'}
        </span>
      </td>
      <td data-label="From">{of.ip}</td>
    </tr>
  );
}
