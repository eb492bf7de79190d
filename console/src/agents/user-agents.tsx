import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { useLocation } from 'wouter';
import { answer, answerWithTotal, api, queries, type UserAgentSchema } from '../api/client.ts';
import { Commands } from '../design/commands.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Moment } from '../design/figures.tsx';
import { Empty, ErrorNote, Loading } from '../design/notes.tsx';
import { Pager } from '../design/pager.tsx';

const PAGE = 20;
const refresh = () => queries.invalidateQueries({ queryKey: ['user-agents'] });

/** Agents of one's own that are called by webhook when they are to begin. */
export function UserAgents(): JSX.Element {
  const [page, setPage] = useState(1);
  const [isAdding, setIsAdding] = useState(false);
  const agents = useQuery({
    queryKey: ['user-agents', page],
    queryFn: () =>
      answerWithTotal(
        api.GET('/api/v1/user-agents', { params: { query: { skip: (page - 1) * PAGE, limit: PAGE } } }),
      ),
  });
  if (agents.data === undefined)
    return agents.error === null ? <Loading what="agents" /> : <ErrorNote error={agents.error} />;
  return (
    <>
      <div className="row">
        <button type="button" className="button button--primary" onClick={() => setIsAdding(true)}>
          Add an agent
        </button>
        <Commands calls={[{ title: 'agents', method: 'GET', path: '/user-agents' }]} />
      </div>
      {agents.data.data.length === 0 && (
        <Empty title="No agent is called from here">
          <p>Add one with the address of its webhook; then it can be asked to begin something.</p>
        </Empty>
      )}
      {agents.data.data.map((agent) => (
        <AgentCard key={agent.id} agent={agent} />
      ))}
      <Pager page={page} size={PAGE} total={agents.data.total} onPage={setPage} />
      {isAdding && <AddDialog onClose={() => setIsAdding(false)} />}
    </>
  );
}

function AgentCard({ agent }: { agent: UserAgentSchema }): JSX.Element {
  const [isAsking, setIsAsking] = useState(false);
  const params = { params: { path: { user_agent_id: agent.id } } };
  const turn = useMutation({
    mutationFn: () =>
      answer(
        api.PATCH('/api/v1/user-agents/{user_agent_id}', {
          ...params,
          body: { is_active: !agent.is_active },
        }),
      ),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: () => answer(api.DELETE('/api/v1/user-agents/{user_agent_id}', params)),
    onSuccess: refresh,
  });
  const failed = turn.error ?? remove.error;
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
          onClick={() => setIsAsking(true)}
        >
          Have {agent.name} begin
        </button>
        <button type="button" className="button" disabled={turn.isPending} onClick={() => turn.mutate()}>
          Switch {agent.name} {agent.is_active ? 'off' : 'on'}
        </button>
        <button
          type="button"
          className="button button--danger"
          disabled={remove.isPending}
          onClick={() => remove.mutate()}
        >
          Delete {agent.name}
        </button>
      </div>
      {failed !== null && <ErrorNote error={failed} />}
      {isAsking && <BeginDialog agent={agent} onClose={() => setIsAsking(false)} />}
    </article>
  );
}

function BeginDialog({ agent, onClose }: { agent: UserAgentSchema; onClose: () => void }): JSX.Element {
  const [prompt, setPrompt] = useState('');
  const [, go] = useLocation();
  const begin = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/api/v1/user-agents/{user_agent_id}/instances', {
          params: { path: { user_agent_id: agent.id } },
          body: { prompt },
        }),
      ),
    onSuccess: ({ id }) => go(`/agents/${encodeURIComponent(id)}`),
  });
  return (
    <Dialog title={`Have ${agent.name} begin`} onClose={onClose}>
      <label className="field">
        <span className="field__label">What it is to do</span>
        <textarea
          className="input"
          rows={4}
          value={prompt}
          onChange={({ target }) => setPrompt(target.value)}
        />
      </label>
      {begin.error !== null && <ErrorNote error={begin.error} />}
      <div className="dialog__foot">
        <Commands
          calls={[
            { title: 'begin', method: 'POST', path: `/user-agents/${agent.id}/instances`, body: { prompt } },
          ]}
        />
        <button type="button" className="button" onClick={onClose}>
          Leave it
        </button>
        <button
          type="button"
          className="button button--primary"
          disabled={prompt.trim() === '' || begin.isPending}
          onClick={() => begin.mutate()}
        >
          Begin
        </button>
      </div>
    </Dialog>
  );
}

function AddDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const [name, setName] = useState('');
  const [address, setAddress] = useState('');
  const [apiKey, setApiKey] = useState('');
  const body = { name, webhook_url: address, ...(apiKey !== '' && { webhook_api_key: apiKey }) };
  const add = useMutation({
    mutationFn: () => answer(api.POST('/api/v1/user-agents', { body })),
    onSuccess: async () => {
      await refresh();
      onClose();
    },
  });
  return (
    <Dialog title="Add an agent" onClose={onClose}>
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
      {add.error !== null && <ErrorNote error={add.error} />}
      <div className="dialog__foot">
        <Commands
          calls={[
            { title: 'add', method: 'POST', path: '/user-agents', body: { name, webhook_url: address } },
          ]}
        />
        <button type="button" className="button" onClick={onClose}>
          Leave it
        </button>
        <button
          type="button"
          className="button button--primary"
          disabled={name === '' || address === '' || add.isPending}
          onClick={() => add.mutate()}
        >
          Add
        </button>
      </div>
    </Dialog>
  );
}
