import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { answerWithTotal, api, type AgentInstanceSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { Commands } from '../design/commands.tsx';
import { count, Moment } from '../design/figures.tsx';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { Empty } from '../design/notes.tsx';
import { PageHead } from '../design/page-head.tsx';
import { Tabs } from '../design/tabs.tsx';
import { UserAgents } from './user-agents.tsx';
import './agents.css';

const VIEWS = ['sessions', 'called from here'] as const;
const PANEL = 'agents';
const LIVE_MS = 5_000;

const INSTANCE_STATUSES = [
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
  const { params, show } = useListAddress();
  const view = params.get('view') === 'called' ? 'called from here' : 'sessions';
  return (
    <>
      <PageHead title="Agents elsewhere" />
      <Tabs
        names={VIEWS}
        chosen={view}
        onChoose={(name) => show({ view: name === 'sessions' ? undefined : 'called', status: undefined })}
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
  const { params, page, query, show, showPage } = useListAddress();
  const status = INSTANCE_STATUSES.find((one) => one === params.get('status'));
  const asked = { ...query, source: 'external' as const, ...(status !== undefined && { status }) };
  const instances = useQuery({
    queryKey: ['agent-instances', asked],
    queryFn: () => answerWithTotal(api.GET('/api/v1/agent-instances', { params: { query: asked } })),
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
            onChange={({ target }) => show({ status: target.value })}
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
      <Listed query={instances} what="agents" page={page} onPage={showPage}>
        {(rows) => <SessionTable instances={rows} />}
      </Listed>
    </>
  );
}

function SessionTable({ instances }: { instances: readonly AgentInstanceSchema[] }): JSX.Element {
  if (instances.length === 0) {
    return (
      <Empty title="No agent has reported in">
        <p>
          An agent anywhere says its first words with an API key, by the request under “curl” above, and
          stands here.
        </p>
      </Empty>
    );
  }
  return (
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
}
