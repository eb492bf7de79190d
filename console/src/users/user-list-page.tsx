import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { Link } from 'wouter';
import type { UserSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { Commands } from '../design/commands.tsx';
import { Moment } from '../design/figures.tsx';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { Empty } from '../design/notes.tsx';
import { PageHead } from '../design/page-head.tsx';
import { SecretDialog, type Secret } from '../design/secret-dialog.tsx';
import { ForAdmins } from '../session/for-admins.tsx';
import { useSignedIn } from '../session/person.ts';
import { isSignedInWithKey } from '../session/session.ts';
import { AskedOfUser, type UserQuestion } from './user-dialogs.tsx';
import { NewUserDialog } from './user-form-dialogs.tsx';
import { listUsers, nameOfUser } from './users-api.ts';

/** Who may sign in, and as what. */
export default function UserListPage(): JSX.Element {
  return (
    <ForAdmins title="Users">
      <Users />
    </ForAdmins>
  );
}

function Users(): JSX.Element {
  const { page, query, showPage } = useListAddress();
  const users = useQuery({
    queryKey: ['users', query],
    queryFn: () => listUsers(query),
    placeholderData: keepPreviousData,
  });
  const [isMaking, setMaking] = useState(false);
  const [question, setQuestion] = useState<UserQuestion | null>(null);
  const [secret, setSecret] = useState<Secret | null>(null);
  const tell = (who: string, password: string | null): void =>
    setSecret({
      title: `The password of ${who}`,
      secret: password,
      about: 'Hand it over in private. It can be changed after signing in, and reset here.',
    });
  return (
    <>
      <PageHead title="Users">
        <Commands calls={[{ title: 'list', method: 'GET', path: '/users' }]} />
        <button
          type="button"
          className="button button--primary"
          disabled={isSignedInWithKey()}
          onClick={() => setMaking(true)}
        >
          New user
        </button>
      </PageHead>
      {isSignedInWithKey() && (
        <p className="note">
          You are signed in with an API key, and a key makes and changes no users. Sign in with e-mail and
          password for that.
        </p>
      )}
      <Listed query={users} what="users" page={page} onPage={showPage}>
        {(rows) => <UserTable users={rows} onAsk={setQuestion} />}
      </Listed>
      {isMaking && (
        <NewUserDialog
          onMade={(made) => tell(nameOfUser(made), made.password)}
          onClose={() => setMaking(false)}
        />
      )}
      {question !== null && <AskedOfUser question={question} tell={tell} onClose={() => setQuestion(null)} />}
      {secret !== null && <SecretDialog shown={secret} onClose={() => setSecret(null)} />}
    </>
  );
}

function UserTable({
  users,
  onAsk,
}: {
  users: readonly UserSchema[];
  onAsk: (question: UserQuestion) => void;
}): JSX.Element {
  if (users.length === 0) return <Empty title="No users here" />;
  return (
    <div className="card">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">User</th>
            <th scope="col">Role</th>
            <th scope="col">Made</th>
            <th scope="col">To do</th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <UserRow key={user.id} of={user} onAsk={onAsk} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function UserRow({ of, onAsk }: { of: UserSchema; onAsk: (question: UserQuestion) => void }): JSX.Element {
  const isOneself = useSignedIn().id === of.id;
  const asks = [
    'edit',
    of.is_active ? 'disable' : 'enable',
    ...(of.email === null ? [] : ['reset password' as const]),
    'delete',
  ] as const;
  return (
    <tr>
      <td>
        <Badge status={of.is_active ? 'enabled' : 'disabled'} />
      </td>
      <td className="wide">
        <strong className="name-link">{nameOfUser(of)}</strong>{' '}
        {isOneself && <span className="soft">you</span>}
        {of.email !== null && of.name !== null && <div className="soft">{of.name}</div>}
      </td>
      <td data-label="Role">{of.role}</td>
      <td data-label="Made">
        <Moment at={of.created_at} />
      </td>
      <td className="wide">
        <div className="row">
          {asks.map((ask) => (
            <button
              key={ask}
              type="button"
              className={`button button--small ${ask === 'delete' || ask === 'disable' ? 'button--danger' : ''}`}
              disabled={isSignedInWithKey()}
              aria-label={`${ask} ${nameOfUser(of)}`}
              onClick={() => onAsk({ ask, of })}
            >
              {ask}
            </button>
          ))}
          <Link href={`/audit?actor_user_id=${of.id}`}>
            audit<span className="visually-hidden"> of {nameOfUser(of)}</span>
          </Link>
        </div>
      </td>
    </tr>
  );
}
