import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { ScheduleSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { Moment } from '../design/figures.tsx';
import { ErrorNote, Loading } from '../design/notes.tsx';
import { Fact, Facts, PageHead } from '../design/page-head.tsx';
import { useSignedIn } from '../session/person.ts';
import { KIND_WORDS, targetOf } from '../targets/target.ts';
import { useTargetName } from '../targets/use-targets.ts';
import { ScheduleControls } from './schedule-controls.tsx';
import { readSchedule, wordsOfOverlap } from './schedules-api.ts';
import { ZonedTime } from './zoned-time.tsx';

/** How often a schedule is asked for while somebody looks at it. */
const LIVE_MS = 4_000;

/** One schedule: what it starts and when, the times that come next, and what became of the last. */
export default function SchedulePage({ id }: { id: string }): JSX.Element {
  const { data, error, refetch } = useQuery({
    queryKey: ['schedules', 'one', id],
    queryFn: () => readSchedule(id),
    refetchInterval: LIVE_MS,
  });
  return (
    <>
      <Link href="/schedules">Schedules</Link>
      <PageHead title={data?.name ?? 'Schedule'}>
        {data !== undefined && <Badge status={data.paused ? 'paused' : 'enabled'} />}
      </PageHead>
      {error !== null && <ErrorNote error={error} again={() => void refetch()} />}
      {data === undefined ? (
        error === null && <Loading what="the schedule" />
      ) : (
        <>
          <ScheduleControls of={data} />
          <ScheduleFacts of={data} />
          <NextTimes of={data} />
          <LastTimes of={data} />
        </>
      )}
    </>
  );
}

function ScheduleFacts({ of }: { of: ScheduleSchema }): JSX.Element {
  const target = targetOf(of);
  const name = useTargetName(target);
  return (
    <>
      <Facts>
        {target !== null && (
          <Fact name={`Starts ${KIND_WORDS[target.kind]}`}>
            {target.kind === 'graph' ? <Link href={`/crews/${target.id}`}>{name}</Link> : name}
          </Fact>
        )}
        <Fact name="Times">
          <code>{of.cron}</code> {of.timezone}
        </Fact>
        <Fact name="While an earlier run is not over">{wordsOfOverlap(of.overlap)}</Fact>
        <Fact name="Temporal">
          {of.temporal.synced ? 'has heard of it' : 'hears of the last change in a moment'}
        </Fact>
        <Fact name="Made">
          <Moment at={of.created_at} />
        </Fact>
      </Facts>
      <details>
        <summary>Inputs</summary>
        <pre className="code-block">{JSON.stringify(of.inputs, null, 2)}</pre>
      </details>
    </>
  );
}

const NextTimes = ({ of }: { of: ScheduleSchema }): JSX.Element => (
  <section className="stack" aria-labelledby="next-times">
    <h2 id="next-times">Next times</h2>
    {of.next_runs.length === 0 ? (
      <p className="soft">None while it is paused.</p>
    ) : (
      <ol>
        {of.next_runs.map((at) => (
          <li key={at}>
            <ZonedTime at={at} zone={of.timezone} />
          </li>
        ))}
      </ol>
    )}
  </section>
);

function LastTimes({ of }: { of: ScheduleSchema }): JSX.Element {
  const { id } = useSignedIn();
  const everybodys = of.created_by === id ? '' : '&scope=all';
  return (
    <section className="stack" aria-labelledby="last-times">
      <div className="row spread">
        <h2 id="last-times">Last times</h2>
        <Link href={`/runs?schedule_id=${of.id}${everybodys}`}>All its runs</Link>
      </div>
      {of.last_runs.length === 0 ? (
        <p className="soft">None has come yet. Trigger it to see it at work.</p>
      ) : (
        <div className="card">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Time</th>
                <th scope="col">Run</th>
              </tr>
            </thead>
            <tbody>
              {of.last_runs.map((last) => (
                <tr key={last.scheduled_at}>
                  <td>
                    <Badge status={last.execution_status ?? last.status} />
                  </td>
                  <td className="wide">
                    <ZonedTime at={last.scheduled_at} zone={of.timezone} />
                  </td>
                  <td className="wide">
                    {last.execution_id !== null && (
                      <Link href={`/runs/${last.execution_id}`}>
                        run<span className="visually-hidden"> of {last.scheduled_at}</span>
                      </Link>
                    )}
                    {last.error !== null && <span className="field__error">{last.error}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
