import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { Link, useLocation } from 'wouter';
import type { ScheduleSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { Commands } from '../design/commands.tsx';
import { Moment } from '../design/figures.tsx';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { Empty } from '../design/notes.tsx';
import { PageHead } from '../design/page-head.tsx';
import { Everybodys } from '../session/everybodys.tsx';
import { targetOf } from '../targets/target.ts';
import { useTargetName } from '../targets/use-targets.ts';
import { ScheduleFormDialog } from './schedule-form-dialog.tsx';
import { listSchedules } from './schedules-api.ts';

/** How often the list is asked for while somebody looks at it. */
const LIVE_MS = 10_000;

/** When crews and flows start by themselves. */
export default function ScheduleListPage(): JSX.Element {
  const { page, scope, query, show, showPage } = useListAddress();
  const asked = { ...query, scope };
  const schedules = useQuery({
    queryKey: ['schedules', 'list', asked],
    queryFn: () => listSchedules(asked),
    refetchInterval: LIVE_MS,
    placeholderData: keepPreviousData,
  });
  const [isMaking, setMaking] = useState(false);
  const [, go] = useLocation();
  const list = { title: 'list', method: 'GET', path: '/schedules', muster: 'muster schedules ls' } as const;
  return (
    <>
      <PageHead title="Schedules">
        <Commands calls={[list]} />
        <Everybodys scope={scope} onChange={(next) => show({ scope: next })} />
        <button type="button" className="button button--primary" onClick={() => setMaking(true)}>
          New schedule
        </button>
      </PageHead>
      <Listed query={schedules} what="schedules" page={page} onPage={showPage}>
        {(rows) => <ScheduleTable schedules={rows} />}
      </Listed>
      {isMaking && (
        <ScheduleFormDialog
          of={null}
          onDone={({ id }) => go(`/schedules/${id}`)}
          onClose={() => setMaking(false)}
        />
      )}
    </>
  );
}

const EXAMPLE =
  '{"name": "Morning research", "crew": "research", "inputs": {…}, "cron": "0 9 * * MON-FRI", "timezone": "Europe/Berlin"}';

function ScheduleTable({ schedules }: { schedules: readonly ScheduleSchema[] }): JSX.Element {
  if (schedules.length === 0) {
    return (
      <Empty title="No schedules here">
        <p>A schedule starts a crew or a flow at certain times. Make one above, or by POST /schedules:</p>
        <code>{EXAMPLE}</code>
      </Empty>
    );
  }
  return (
    <div className="card">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Name</th>
            <th scope="col">Times</th>
            <th scope="col">Next</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {schedules.map((schedule) => (
            <ScheduleRow key={schedule.id} of={schedule} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ScheduleRow({ of }: { of: ScheduleSchema }): JSX.Element {
  const starts = useTargetName(targetOf(of));
  const last = of.last_runs[0];
  return (
    <tr>
      <td>
        <Badge status={of.paused ? 'paused' : 'enabled'} />
      </td>
      <td className="wide">
        <Link href={`/schedules/${of.id}`} className="name-link">
          {of.name}
        </Link>
        <div className="soft">{starts}</div>
      </td>
      <td className="wide">
        <code>{of.cron}</code> <span className="soft">{of.timezone}</span>
      </td>
      <td data-label="Next">
        <Moment at={of.next_runs[0] ?? null} />
      </td>
      <td data-label="Last">
        {last === undefined ? (
          <span className="soft">—</span>
        ) : (
          <span className="row">
            <Moment at={last.scheduled_at} />
            <Badge status={last.execution_status ?? last.status} />
          </span>
        )}
      </td>
    </tr>
  );
}
