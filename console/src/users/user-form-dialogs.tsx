import { useState, type JSX } from 'react';
import type { NewUserSchema, UserSchema } from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { changeUser, createUser, nameOfUser, ROLES } from './users-api.ts';

interface Draft {
  name: string;
  role: UserSchema['role'];
}

/** A new user, with a random password that is told once. */
export function NewUserDialog({
  onMade,
  onClose,
}: {
  onMade: (made: NewUserSchema) => void;
  onClose: () => void;
}): JSX.Element {
  const [email, setEmail] = useState('');
  const [draft, setDraft] = useState<Draft>({ name: '', role: 'user' });
  const body = { email: email.trim(), ...bodyOf(draft) };
  return (
    <ActionDialog
      title="New user"
      verb="Make it"
      call={{ method: 'POST', path: '/users', body, refusesKeys: true }}
      work={() => createUser(body)}
      changes={['users']}
      isReady={body.email !== ''}
      onDone={onMade}
      onClose={onClose}
    >
      <label className="field">
        <span className="field__label">E-mail</span>
        <input
          className="input"
          type="email"
          required
          autoComplete="off"
          value={email}
          onChange={({ target }) => setEmail(target.value)}
        />
        <span className="field__help">Signs in with it, and with a password that you are shown next.</span>
      </label>
      <UserFields draft={draft} onChange={setDraft} />
    </ActionDialog>
  );
}

/** Another name or role. */
export function EditUserDialog({ of, onClose }: { of: UserSchema; onClose: () => void }): JSX.Element {
  const [draft, setDraft] = useState<Draft>({ name: of.name ?? '', role: of.role });
  const body = bodyOf(draft);
  return (
    <ActionDialog
      title={`Edit ${nameOfUser(of)}`}
      verb="Save"
      call={{ method: 'PATCH', path: `/users/${of.id}`, body, refusesKeys: true }}
      work={() => changeUser(of.id, body)}
      changes={['users']}
      onClose={onClose}
    >
      <UserFields draft={draft} onChange={setDraft} />
    </ActionDialog>
  );
}

const bodyOf = ({ name, role }: Draft): { name: string | null; role: UserSchema['role'] } => ({
  name: name.trim() === '' ? null : name,
  role,
});

const UserFields = ({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }): JSX.Element => (
  <>
    <label className="field">
      <span className="field__label">Name</span>
      <input
        className="input"
        maxLength={200}
        autoComplete="off"
        value={draft.name}
        onChange={({ target }) => onChange({ ...draft, name: target.value })}
      />
    </label>
    <label className="field">
      <span className="field__label">Role</span>
      <select
        className="input"
        value={draft.role}
        onChange={({ target }) =>
          onChange({ ...draft, role: ROLES.find((role) => role === target.value) ?? draft.role })
        }
      >
        {ROLES.map((role) => (
          <option key={role}>{role}</option>
        ))}
      </select>
      <span className="field__help">An admin sees and changes what belongs to anybody.</span>
    </label>
  </>
);
