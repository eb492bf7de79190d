import { useState, type JSX } from 'react';
import type { ApiKeySchema, NewApiKeySchema } from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { quoted } from '../design/commands.tsx';
import { momentOf, toDayField } from '../design/local-time.ts';
import { useSignedIn } from '../session/person.ts';
import { changeKey, createKey, SCOPES, type KeyWords, type Scope } from './keys-api.ts';

interface Draft {
  name: string;
  scopes: Scope[];
  endDay: string;
}

const commandOf = ({ name, scopes, expires_at: end }: KeyWords): string =>
  [
    `muster keys add ${quoted(name)}`,
    ...scopes.map((scope) => `--scope ${scope}`),
    ...(typeof end === 'string' ? [`--expires ${end}`] : []),
  ].join(' ');

/** A new key. */
export function NewKeyDialog({
  onMade,
  onClose,
}: {
  onMade: (made: NewApiKeySchema) => void;
  onClose: () => void;
}): JSX.Element {
  const [draft, setDraft] = useState<Draft>({ name: '', scopes: ['read', 'write'], endDay: '' });
  const end = draft.endDay === '' ? null : momentOf(draft.endDay);
  const body: KeyWords = { name: draft.name, scopes: draft.scopes, ...(end !== null && { expires_at: end }) };
  return (
    <ActionDialog
      title="New API key"
      verb="Make it"
      call={{ method: 'POST', path: '/api-keys', body, refusesKeys: true, muster: commandOf(body) }}
      work={() => createKey(body)}
      changes={['keys']}
      isReady={draft.name.trim() !== '' && draft.scopes.length > 0}
      onDone={onMade}
      onClose={onClose}
    >
      <KeyFields draft={draft} onChange={setDraft} />
    </ActionDialog>
  );
}

/** Another name, other scopes, another end for a key. */
export function EditKeyDialog({ of, onClose }: { of: ApiKeySchema; onClose: () => void }): JSX.Element {
  const before = toDayField(of.expires_at);
  const [draft, setDraft] = useState<Draft>({ name: of.name, scopes: of.scopes, endDay: before });
  const end = draft.endDay === '' ? null : momentOf(draft.endDay);
  const body: KeyWords = {
    name: draft.name,
    scopes: draft.scopes,
    ...(draft.endDay !== before && { expires_at: end }),
  };
  return (
    <ActionDialog
      title={`Edit ${of.name}`}
      verb="Save"
      call={{ method: 'PATCH', path: `/api-keys/${of.id}`, body, refusesKeys: true }}
      work={() => changeKey(of.id, body)}
      changes={['keys']}
      isReady={draft.name.trim() !== '' && draft.scopes.length > 0}
      onClose={onClose}
    >
      <KeyFields draft={draft} onChange={setDraft} />
    </ActionDialog>
  );
}

function KeyFields({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }): JSX.Element {
  const isAdmin = useSignedIn().role === 'admin';
  const offered = SCOPES.filter(
    ({ scope, forAdmins }) => forAdmins !== true || isAdmin || draft.scopes.includes(scope),
  );
  const toggle = (changed: Scope): void => {
    const has = (scope: Scope): boolean => (scope === changed) !== draft.scopes.includes(scope);
    onChange({ ...draft, scopes: SCOPES.map(({ scope }) => scope).filter(has) });
  };
  return (
    <>
      <label className="field">
        <span className="field__label">Name</span>
        <input
          className="input"
          value={draft.name}
          required
          maxLength={200}
          placeholder="CI"
          autoComplete="off"
          onChange={({ target }) => onChange({ ...draft, name: target.value })}
        />
        <span className="field__help">Says where it is used, so that one knows what revoking it stops.</span>
      </label>
      <fieldset className="fieldset">
        <legend className="field__label">May</legend>
        {offered.map(({ scope, about }) => (
          <label key={scope} className="check">
            <input type="checkbox" checked={draft.scopes.includes(scope)} onChange={() => toggle(scope)} />
            <span>
              <strong>{scope}</strong> <span className="soft">{about}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span className="field__label">Ends on</span>
        <input
          className="input"
          type="date"
          value={draft.endDay}
          onChange={({ target }) => onChange({ ...draft, endDay: target.value })}
        />
        <span className="field__help">
          It is refused from the beginning of this day on. Empty: it never ends.
        </span>
      </label>
    </>
  );
}
