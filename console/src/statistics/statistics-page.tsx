import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link, useSearchParams } from 'wouter';
import { answer, api, type ExecutionStatsSchema } from '../api/client.ts';
import { Commands } from '../design/commands.tsx';
import { count, money, spanOf } from '../design/figures.tsx';
import { withPart } from '../design/list-address.ts';
import { Empty, ErrorNote, Loading } from '../design/notes.tsx';
import { Fact, Facts, PageHead } from '../design/page-head.tsx';
import { Everybodys } from '../session/everybodys.tsx';
import { useChoices } from '../targets/use-targets.ts';
import { BarChart } from './bar-chart.tsx';
import { ErrorTable, WorkflowTable } from './breakdowns.tsx';
import { averageOf, GROUPINGS, periodsOf, RANGES, type Grouping, type Period } from './series.ts';
import './statistics.css';

/** What the address says: of how many days, put together how, of whom and of what. */
interface View {
  range: (typeof RANGES)[number];
  grouping: Grouping;
  scope: 'mine' | 'all';
  workflow: string | undefined;
}

function viewOf(params: URLSearchParams): View {
  const workflow = params.get('workflow_id') ?? '';
  return {
    range: RANGES.find((days) => String(days) === params.get('days')) ?? 30,
    grouping: GROUPINGS.find((one) => one === params.get('by')) ?? 'day',
    scope: params.get('scope') === 'all' ? 'all' : 'mine',
    workflow: /^[1-9]\d{0,8}$/.test(workflow) ? workflow : undefined,
  };
}

/** How runs went: how many, how long, for how many tokens and how much money. */
export default function StatisticsPage(): JSX.Element {
  const [params, setParams] = useSearchParams();
  const view = viewOf(params);
  const show = (part: Record<string, string | undefined>): void => setParams((old) => withPart(old, part));
  const query = {
    days: view.range,
    scope: view.scope,
    ...(view.workflow !== undefined && { workflow_id: Number(view.workflow) }),
  };
  const stats = useQuery({
    queryKey: ['stats', query],
    queryFn: () => answer(api.GET('/api/v1/executions/stats', { params: { query } })),
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
  });
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return (
    <>
      <PageHead title="Statistics">
        <Commands calls={[{ title: 'figures', method: 'GET', path: `/executions/stats?${search}` }]} />
        <Everybodys scope={view.scope} onChange={(scope) => show({ scope })} />
      </PageHead>
      <ViewBar view={view} onChange={show} />
      {stats.error !== null && <ErrorNote error={stats.error} again={() => void stats.refetch()} />}
      {stats.data === undefined ? (
        stats.error === null && <Loading what="the figures" />
      ) : (
        <Figures stats={stats.data} view={view} />
      )}
    </>
  );
}

function ViewBar({
  view,
  onChange,
}: {
  view: View;
  onChange: (part: Record<string, string>) => void;
}): JSX.Element {
  const { choices = [] } = useChoices('workflow');
  const { workflow = '' } = view;
  return (
    <div className="row" role="group" aria-label="Which figures">
      <label className="row">
        Days
        <select
          className="input select"
          value={view.range}
          onChange={({ target }) => onChange({ days: target.value })}
        >
          {RANGES.map((days) => (
            <option key={days}>{days}</option>
          ))}
        </select>
      </label>
      <label className="row">
        By
        <select
          className="input select"
          value={view.grouping}
          onChange={({ target }) => onChange({ by: target.value })}
        >
          {GROUPINGS.map((grouping) => (
            <option key={grouping}>{grouping}</option>
          ))}
        </select>
      </label>
      <label className="row">
        Workflow
        <select
          className="input select"
          value={workflow}
          onChange={({ target }) => onChange({ workflow_id: target.value })}
        >
          <option value="">all runs</option>
          {workflow !== '' && !choices.some(({ id }) => id === workflow) && (
            <option value={workflow}>#{workflow}</option>
          )}
          {choices.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

const seconds = (value: number): string => (value === 0 ? '0' : spanOf(value * 1_000));
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const short = (value: number): string => compact.format(value);

function Figures({ stats, view }: { stats: ExecutionStatsSchema; view: View }): JSX.Element {
  const { range, grouping } = view;
  const periods = periodsOf(stats.executions_by_day, { range, grouping, now: Date.now() });
  return (
    <>
      <Facts>
        <Fact name="Ended">
          <strong className="statistics__figure">{count(stats.total_executions)}</strong>
        </Fact>
        <Fact name="Successful">
          <strong className="statistics__figure">{stats.success_rate} %</strong>
        </Fact>
        <Fact name="Average time">
          <strong className="statistics__figure">{seconds(stats.average_execution_time)}</strong>
        </Fact>
        <Fact name="Tokens">
          <strong className="statistics__figure">{count(stats.total_tokens_used)}</strong>
        </Fact>
        <Fact name="Cost">
          <strong className="statistics__figure">{money(stats.total_cost_usd)}</strong>
        </Fact>
        <Fact name="Under way now">
          <strong className="statistics__figure">{count(stats.running_executions)}</strong>
        </Fact>
      </Facts>
      {stats.total_executions === 0 ? (
        <Empty title="No run has ended in these days">
          <p>Start a crew, or look at more days.</p>
          <code>muster run examples/research --wait</code>
          <Link href="/crews">To the crews</Link>
        </Empty>
      ) : (
        <>
          <Charts stats={stats} periods={periods} />
          <div className="statistics__charts">
            <WorkflowTable workflows={stats.top_workflows} />
            <ErrorTable errors={stats.error_breakdown} />
          </div>
        </>
      )}
      <p className="soft">
        Days are those of UTC on which runs were made; cancelled runs are among the failed. What models
        without a known price cost counts as nothing.
      </p>
    </>
  );
}

function Charts({
  stats,
  periods,
}: {
  stats: ExecutionStatsSchema;
  periods: readonly Period[];
}): JSX.Element {
  const bars = (valuesOf: (period: Period) => number[]) =>
    periods.map((period) => ({ label: period.from, values: valuesOf(period) }));
  return (
    <div className="statistics__charts">
      <BarChart
        title="Runs"
        summary={`${count(stats.successful_executions)} successful, ${count(stats.failed_executions)} failed`}
        parts={[
          { name: 'successful', tone: 'good' },
          { name: 'failed', tone: 'bad' },
        ]}
        bars={bars(({ successful, failed }) => [successful, failed])}
        format={short}
        whole
      />
      <BarChart
        title="Average time"
        summary={`${seconds(stats.average_execution_time)} from start to end, on average`}
        parts={[{ name: 'time', tone: 'accent' }]}
        bars={bars((period) => [averageOf(period)])}
        format={seconds}
      />
      <BarChart
        title="Tokens"
        summary={`${count(stats.total_tokens_used)} in all`}
        parts={[{ name: 'tokens', tone: 'accent' }]}
        bars={bars(({ tokens }) => [tokens])}
        format={short}
        whole
      />
      <BarChart
        title="Cost"
        summary={`${money(stats.total_cost_usd)} in all`}
        parts={[{ name: 'US dollars', tone: 'accent' }]}
        bars={bars(({ cost_usd: usd }) => [usd])}
        format={money}
      />
    </div>
  );
}
