import type { JSX } from 'react';
import type { UserSchema } from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { EditUserDialog } from './user-form-dialogs.tsx';
import { changeUser, deleteUser, nameOfUser, resetPassword } from './users-api.ts';

/** What is asked about one user. */
export interface UserQuestion {
  ask: 'edit' | 'disable' | 'enable' | 'reset password' | 'delete';
  of: UserSchema;
}

/** The dialog that asks it. */
export function AskedOfUser({
  question: { ask, of },
  tell,
  onClose,
}: {
  question: UserQuestion;
  tell: (who: string, password: string | null) => void;
  onClose: () => void;
}): JSX.Element {
  switch (ask) {
    case 'edit':
      return <EditUserDialog of={of} onClose={onClose} />;
    case 'disable':
    case 'enable':
      return <SwitchDialog of={of} onClose={onClose} />;
    case 'reset password':
      return <ResetDialog of={of} tell={tell} onClose={onClose} />;
    case 'delete':
      return <DeleteDialog of={of} onClose={onClose} />;
  }
}

interface DialogProps {
  of: UserSchema;
  onClose: () => void;
}

function SwitchDialog({ of, onClose }: DialogProps): JSX.Element {
  const body = { is_active: !of.is_active };
  return (
    <ActionDialog
      title={`${of.is_active ? 'Disable' : 'Enable'} ${nameOfUser(of)}?`}
      verb={of.is_active ? 'Disable' : 'Enable'}
      call={{ method: 'PATCH', path: `/users/${of.id}`, body, refusesKeys: true }}
      work={() => changeUser(of.id, body)}
      changes={['users']}
      isDangerous={of.is_active}
      onClose={onClose}
    >
      <p>
        {of.is_active
          ? 'The user’s sessions end at once, and API keys do nothing until the user is enabled again. Runs go on.'
          : 'The user can sign in again, and API keys work again.'}
      </p>
    </ActionDialog>
  );
}

const ResetDialog = ({
  of,
  tell,
  onClose,
}: DialogProps & { tell: (who: string, password: string | null) => void }): JSX.Element => (
  <ActionDialog
    title={`Reset the password of ${nameOfUser(of)}?`}
    verb="Reset"
    call={{ method: 'POST', path: `/users/${of.id}/reset-password`, body: {}, refusesKeys: true }}
    work={() => resetPassword(of.id)}
    changes={['users']}
    isDangerous
    onDone={({ password }) => tell(nameOfUser(of), password)}
    onClose={onClose}
  >
    <p>A random password takes its place, and every session of the user ends. API keys stay.</p>
  </ActionDialog>
);

const DeleteDialog = ({ of, onClose }: DialogProps): JSX.Element => (
  <ActionDialog
    title={`Delete ${nameOfUser(of)}?`}
    verb="Delete"
    call={{ method: 'DELETE', path: `/users/${of.id}`, refusesKeys: true }}
    work={() => deleteUser(of.id)}
    changes={['users']}
    isDangerous
    onClose={onClose}
  >
    <p>
      All credentials of the user go, too. A user who owns runs cannot be deleted: disable the user instead.
    </p>
  </ActionDialog>
);
