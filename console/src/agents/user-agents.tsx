import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { useLocation } from 'wouter';
import { answer, answerWithTotal, api, queries, type UserAgentSchema } from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { Commands } from '../design/commands.tsx';
import { Moment } from '../design/figures.tsx';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { Empty, ErrorNote } from '../design/notes.tsx';

const KEY = ['user-agents'];

/** Agents of one's own that are called by webhook when they are to begin. */
export function UserAgents(): JSX.Element {
  const { page, query, showPage } = useListAddress();
  const [isAdding, setIsAdding] = useState(false);
  const agents = useQuery({
    queryKey: [...KEY, query],
    queryFn: () => answerWithTotal(api.GET('/api/v1/user-agents', { params: { query } })),
  });
  return (
    <>
      <div className="row">
        <button type="button" className="button button--primary" onClick={() => setIsAdding(true)}>
          Add an agent
        </button>
        <Commands calls={[{ title: 'agents', method: 'GET', path: '/user-agents' }]} />
      </div>
      <Listed query={agents} what="agents" page={page} onPage={showPage}>
        {(rows) => <AgentCards agents={rows} />}
      </Listed>
      {isAdding && <AddDialog onClose={() => setIsAdding(false)} />}
    </>
  );
}

function AgentCards({ agents }: { agents: readonly UserAgentSchema[] }): JSX.Element {
  if (agents.length === 0) {
    return (
      <Empty title="No agent is called from here">
        <p>Add one with the address of its webhook; then it can be asked to begin something.</p>
      </Empty>
    );
  }
  return (
    <>
      {agents.map((agent) => (
        <AgentCard key={agent.id} agent={agent} />
      ))}
    </>
  );
}

function AgentCard({ agent }: { agent: UserAgentSchema }): JSX.Element {
  const [asked, setAsked] = useState<'begin' | 'delete' | null>(null);
  const close = (): void => setAsked(null);
  const params = { params: { path: { user_agent_id: agent.id } } };
  const turn = useMutation({
    mutationFn: () =>
      answer(
        api.PATCH('/api/v1/user-agents/{user_agent_id}', {
          ...params,
          body: { is_active: !agent.is_active },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <article className="card agents__user-agent">
      <div className="row spread">
        <h2>{agent.name}</h2>
        <span className={agent.is_active ? 'soft' : 'agents__off'}>
          {agent.is_active ? 'switched on' : 'switched off'}
        </span>
      </div>
      <code>{agent.webhook_url}</code>
      {agent.disabled_reason !== null && <p className="note note--warn">{agent.disabled_reason}</p>}
      {agent.failing_since !== null && (
        <p className="note note--warn">
          Its calls have failed since <Moment at={agent.failing_since} />.
        </p>
      )}
      <div className="row">
        <button
          type="button"
          className="button button--primary"
          disabled={!agent.is_active}
          onClick={() => setAsked('begin')}
        >
          Have {agent.name} begin
        </button>
        <button type="button" className="button" disabled={turn.isPending} onClick={() => turn.mutate()}>
          Switch {agent.name} {agent.is_active ? 'off' : 'on'}
        </button>
        <button type="button" className="button button--danger" onClick={() => setAsked('delete')}>
          Delete {agent.name}
        </button>
      </div>
      {turn.error !== null && <ErrorNote error={turn.error} />}
      {asked === 'begin' && <BeginDialog agent={agent} onClose={close} />}
      {asked === 'delete' && <DeleteDialog agent={agent} onClose={close} />}
    </article>
  );
}

interface DialogProps {
  agent: UserAgentSchema;
  onClose: () => void;
}

const DeleteDialog = ({ agent, onClose }: DialogProps): JSX.Element => (
  <ActionDialog
    title={`Delete ${agent.name}?`}
    verb="Delete"
    call={{ method: 'DELETE', path: `/user-agents/${agent.id}` }}
    work={() =>
      answer(
        api.DELETE('/api/v1/user-agents/{user_agent_id}', { params: { path: { user_agent_id: agent.id } } }),
      )
    }
    changes={KEY}
    isDangerous
    onClose={onClose}
  >
    <p>It is not called any more. What it has begun stays.</p>
  </ActionDialog>
);

function BeginDialog({ agent, onClose }: DialogProps): JSX.Element {
  const [prompt, setPrompt] = useState('');
  const [, go] = useLocation();
  return (
    <ActionDialog
      title={`Have ${agent.name} begin`}
      verb="Begin"
      call={{ method: 'POST', path: `/user-agents/${agent.id}/instances`, body: { prompt } }}
      work={() =>
        answer(
          api.POST('/api/v1/user-agents/{user_agent_id}/instances', {
            params: { path: { user_agent_id: agent.id } },
            body: { prompt },
          }),
        )
      }
      changes={['agent-instances']}
      isReady={prompt.trim() !== ''}
      onDone={({ id }) => go(`/agents/${encodeURIComponent(id)}`)}
      onClose={onClose}
    >
      <label className="field">
        <span className="field__label">What it is to do</span>
        <textarea
          className="input"
          rows={4}
          value={prompt}
          onChange={({ target }) => setPrompt(target.value)}
        />
      </label>
    </ActionDialog>
  );
}

function AddDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const [name, setName] = useState('');
  const [address, setAddress] = useState('');
  const [apiKey, setApiKey] = useState('');
  const shown = { name, webhook_url: address };
  return (
    <ActionDialog
      title="Add an agent"
      verb="Add"
      call={{ method: 'POST', path: '/user-agents', body: shown }}
      work={() =>
        answer(
          api.POST('/api/v1/user-agents', {
            body: { ...shown, ...(apiKey !== '' && { webhook_api_key: apiKey }) },
          }),
        )
      }
      changes={KEY}
      isReady={name !== '' && address !== ''}
      onClose={onClose}
    >
      <label className="field">
        <span className="field__label">Name</span>
        <input className="input" value={name} onChange={({ target }) => setName(target.value)} />
      </label>
      <label className="field">
        <span className="field__label">Address of its webhook</span>
        <input
          className="input"
          type="url"
          value={address}
          onChange={({ target }) => setAddress(target.value)}
        />
      </label>
      <label className="field">
        <span className="field__label">Key it wants, if any</span>
        <input
          className="input"
          type="password"
          autoComplete="off"
          value={apiKey}
          onChange={({ target }) => setApiKey(target.value)}
        />
        <span className="field__help">Sent as a bearer token; never shown again.</span>
      </label>
    </ActionDialog>
  );
}
