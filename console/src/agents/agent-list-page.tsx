import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link, useSearchParams } from 'wouter';
import { answerWithTotal, api, type AgentInstanceSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { Commands } from '../design/commands.tsx';
import { count, Moment } from '../design/figures.tsx';
import { Empty, ErrorNote, Loading } from '../design/notes.tsx';
import { Pager } from '../design/pager.tsx';
import { Tabs } from '../design/tabs.tsx';
import { UserAgents } from './user-agents.tsx';
import './agents.css';

const VIEWS = ['sessions', 'called from here'] as const;
const PANEL = 'agents';
const PAGE = 30;
const LIVE_MS = 5_000;

export const INSTANCE_STATUSES = [
  'ACTIVE',
  'AWAITING_INPUT',
  'PAUSED',
  'COMPLETED',
  'FAILED',
  'KILLED',
  'STALE',
] as const satisfies readonly AgentInstanceSchema['status'][];

/** Agents that work elsewhere and report in here. */
export default function AgentListPage(): JSX.Element {
  const [params, setParams] = useSearchParams();
  const view = params.get('view') === 'called' ? 'called from here' : 'sessions';
  return (
    <>
      <h1>Agents elsewhere</h1>
      <Tabs
        names={VIEWS}
        chosen={view}
        onChoose={(name) => setParams(name === 'sessions' ? {} : { view: 'called' })}
        label="What to look at"
        panel={PANEL}
      />
      <div id={PANEL} role="tabpanel" aria-labelledby={`${PANEL}-${view}`} className="stack">
        {view === 'sessions' ? <Sessions /> : <UserAgents />}
      </div>
    </>
  );
}

const FIRST_MESSAGE = {
  title: 'report in',
  method: 'POST',
  path: '/messages/agent',
  body: { agent_type: 'my-agent', content: 'I begin' },
} as const;

function Sessions(): JSX.Element {
  const [params, setParams] = useSearchParams();
  const status = INSTANCE_STATUSES.find((one) => one === params.get('status'));
  const page = Math.max(1, Math.trunc(Number(params.get('page') ?? 1)) || 1);
  const query = {
    source: 'external' as const,
    ...(status !== undefined && { status }),
    skip: (page - 1) * PAGE,
    limit: PAGE,
  };
  const instances = useQuery({
    queryKey: ['agent-instances', query],
    queryFn: () => answerWithTotal(api.GET('/api/v1/agent-instances', { params: { query } })),
    refetchInterval: LIVE_MS,
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <div className="row">
        <label className="row">
          State
          <select
            className="input"
            value={status ?? ''}
            onChange={({ target }) => setParams(target.value === '' ? {} : { status: target.value })}
          >
            <option value="">every state</option>
            {INSTANCE_STATUSES.map((name) => (
              <option key={name} value={name}>
                {name.toLowerCase().replace('_', ' ')}
              </option>
            ))}
          </select>
        </label>
        <Commands
          calls={[
            { title: 'sessions', method: 'GET', path: '/agent-instances?source=external' },
            FIRST_MESSAGE,
          ]}
        />
      </div>
      {instances.error !== null && (
        <ErrorNote error={instances.error} again={() => void instances.refetch()} />
      )}
      {instances.data === undefined && instances.error === null && <Loading what="agents" />}
      {instances.data !== undefined && (
        <>
          {instances.data.data.length === 0 ? (
            <Empty title="No agent has reported in">
              <p>
                An agent anywhere says its first words with an API key, by the request under “curl” above, and
                stands here.
              </p>
            </Empty>
          ) : (
            <SessionTable instances={instances.data.data} />
          )}
          <Pager
            page={page}
            size={PAGE}
            total={instances.data.total}
            onPage={(next) =>
              setParams({ ...(status !== undefined && { status }), ...(next > 1 && { page: String(next) }) })
            }
          />
        </>
      )}
    </>
  );
}

const SessionTable = ({ instances }: { instances: readonly AgentInstanceSchema[] }): JSX.Element => (
  <div className="card">
    <table className="table">
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Agent</th>
          <th scope="col">Last words</th>
          <th scope="col" className="number">
            Messages
          </th>
          <th scope="col">Began</th>
        </tr>
      </thead>
      <tbody>
        {instances.map((instance) => (
          <tr key={instance.id}>
            <td>
              <Badge status={instance.status} />
            </td>
            <td className="wide">
              <Link href={`/agents/${encodeURIComponent(instance.id)}`}>
                <b>{instance.name ?? instance.agent_type_name}</b>
              </Link>{' '}
              {instance.name !== null && <span className="soft">{instance.agent_type_name}</span>}
            </td>
            <td className="wide agents__words">
              {instance.latest_message ?? ''} <Moment at={instance.latest_message_at} />
            </td>
            <td className="number" data-label="Messages">
              {count(instance.chat_length)}
            </td>
            <td data-label="Began">
              <Moment at={instance.started_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
