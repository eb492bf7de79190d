import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import type { ApiKeySchema, NewApiKeySchema } from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { Badge } from '../design/badge.tsx';
import { Commands } from '../design/commands.tsx';
import { Moment } from '../design/figures.tsx';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { Empty } from '../design/notes.tsx';
import { PageHead } from '../design/page-head.tsx';
import { SecretDialog, type Secret } from '../design/secret-dialog.tsx';
import { Everybodys } from '../session/everybodys.tsx';
import { isSignedInWithKey } from '../session/session.ts';
import { EditKeyDialog, NewKeyDialog } from './key-form-dialog.tsx';
import { LimitsPanel } from './limits-panel.tsx';
import { listKeys, revokeKey, rotateKey } from './keys-api.ts';

type Question = { ask: 'new' } | { ask: 'edit' | 'rotate' | 'revoke'; of: ApiKeySchema };

/** API keys: made, changed, rotated, revoked. */
export default function KeyListPage(): JSX.Element {
  const { page, scope, query, show, showPage } = useListAddress();
  const asked = { ...query, scope };
  const keys = useQuery({
    queryKey: ['keys', asked],
    queryFn: () => listKeys(asked),
    placeholderData: keepPreviousData,
  });
  const [question, setQuestion] = useState<Question | null>(null);
  const [secret, setSecret] = useState<Secret | null>(null);
  const tell = (title: string) => (made: NewApiKeySchema) =>
    setSecret({
      title,
      secret: made.key,
      about: 'Give it in a header: Authorization: Bearer …, or X-API-Key. A lost one can be rotated.',
    });
  const close = (): void => setQuestion(null);
  return (
    <>
      <PageHead title="Keys">
        <Commands calls={[{ title: 'list', method: 'GET', path: '/api-keys', muster: 'muster keys ls' }]} />
        <Everybodys scope={scope} onChange={(next) => show({ scope: next })} />
        <button
          type="button"
          className="button button--primary"
          disabled={isSignedInWithKey()}
          onClick={() => setQuestion({ ask: 'new' })}
        >
          New key
        </button>
      </PageHead>
      {isSignedInWithKey() && (
        <p className="note">
          You are signed in with an API key, and a key makes and changes no keys. Sign in with e-mail and
          password for that.
        </p>
      )}
      <Listed query={keys} what="keys" page={page} onPage={showPage}>
        {(rows) => <KeyTable keys={rows} isEverybodys={scope === 'all'} onAsk={setQuestion} />}
      </Listed>
      <LimitsPanel />
      {question !== null && <Asked question={question} tell={tell} onClose={close} />}
      {secret !== null && <SecretDialog shown={secret} onClose={() => setSecret(null)} />}
    </>
  );
}

function Asked({
  question,
  tell,
  onClose,
}: {
  question: Question;
  tell: (title: string) => (made: NewApiKeySchema) => void;
  onClose: () => void;
}): JSX.Element {
  if (question.ask === 'new') return <NewKeyDialog onMade={tell('The new API key')} onClose={onClose} />;
  const { of, ask } = question;
  if (ask === 'edit') return <EditKeyDialog of={of} onClose={onClose} />;
  if (ask === 'rotate') {
    return (
      <ActionDialog
        title={`Rotate ${of.name}?`}
        verb="Rotate"
        call={{ method: 'POST', path: `/api-keys/${of.id}/rotate`, refusesKeys: true }}
        work={() => rotateKey(of.id)}
        changes={['keys']}
        isDangerous
        onDone={tell(`${of.name}, rotated`)}
        onClose={onClose}
      >
        <p>It gets another secret. Whoever uses the old one is refused at once.</p>
      </ActionDialog>
    );
  }
  return (
    <ActionDialog
      title={`Revoke ${of.name}?`}
      verb="Revoke"
      call={{ method: 'DELETE', path: `/api-keys/${of.id}`, muster: `muster keys rm ${of.id}` }}
      work={() => revokeKey(of.id)}
      changes={['keys']}
      isDangerous
      onClose={onClose}
    >
      <p>Whoever uses it is refused at once, and it cannot be brought back.</p>
    </ActionDialog>
  );
}

function KeyTable({
  keys,
  isEverybodys,
  onAsk,
}: {
  keys: readonly ApiKeySchema[];
  isEverybodys: boolean;
  onAsk: (question: Question) => void;
}): JSX.Element {
  if (keys.length === 0) {
    return (
      <Empty title="No keys here">
        <p>Programs use a key instead of your password. Make one above, or in a terminal:</p>
        <code>muster keys add CI --scope read --scope write</code>
      </Empty>
    );
  }
  return (
    <div className="card">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Begins with</th>
            <th scope="col">May</th>
            <th scope="col">Last used</th>
            <th scope="col">Ends</th>
            {isEverybodys && <th scope="col">Owner</th>}
            <th scope="col">To do</th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow key={key.id} of={key} isEverybodys={isEverybodys} onAsk={onAsk} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function KeyRow({
  of,
  isEverybodys,
  onAsk,
}: {
  of: ApiKeySchema;
  isEverybodys: boolean;
  onAsk: (question: Question) => void;
}): JSX.Element {
  const hasEnded = of.expires_at !== null && Date.parse(of.expires_at) <= Date.now();
  return (
    <tr>
      <td className="wide">
        <strong>{of.name}</strong>
      </td>
      <td className="wide">
        <code>{of.prefix}…</code>
      </td>
      <td data-label="May">{of.scopes.join(', ')}</td>
      <td data-label="Last used">
        {of.last_used_at === null ? <span className="soft">never</span> : <Moment at={of.last_used_at} />}
      </td>
      <td data-label="Ends">
        {hasEnded ? <Badge status="expired" /> : null}{' '}
        {of.expires_at === null ? <span className="soft">never</span> : <Moment at={of.expires_at} />}
      </td>
      {isEverybodys && (
        <td data-label="Owner">
          <code>{of.owner_id}</code>
        </td>
      )}
      <td className="wide">
        <div className="row">
          {(['edit', 'rotate', 'revoke'] as const).map((ask) => (
            <button
              key={ask}
              type="button"
              className={`button button--small ${ask === 'revoke' ? 'button--danger' : ''}`}
              disabled={ask !== 'revoke' && isSignedInWithKey()}
              aria-label={`${ask} ${of.name}`}
              onClick={() => onAsk({ ask, of })}
            >
              {ask}
            </button>
          ))}
        </div>
      </td>
    </tr>
  );
}
