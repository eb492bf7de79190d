import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent, type JSX } from 'react';
import { ErrorNote } from '../design/notes.tsx';
import { signIn, signInWithKey } from './session.ts';
import './sign-in-page.css';

/** Where one says who one is: with e-mail and password, or with an API key. */
export function SignInPage(): JSX.Element {
  const [withKey, setWithKey] = useState(false);
  return (
    <main className="sign-in">
      <div className="card sign-in__box">
        <h1>Muster</h1>
        {withKey ? <KeyForm /> : <PasswordForm />}
        <button type="button" className="button button--plain" onClick={() => setWithKey(!withKey)}>
          {withKey ? 'Use e-mail and password' : 'Use an API key'}
        </button>
      </div>
    </main>
  );
}

const textOf = (form: HTMLFormElement, name: string): string => {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
};

function PasswordForm(): JSX.Element {
  const signingIn = useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) => signIn(email, password),
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    signingIn.mutate({ email: textOf(form, 'email'), password: textOf(form, 'password') });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <label className="field">
        <span className="field__label">E-mail</span>
        <input className="input" name="email" type="email" autoComplete="username" required />
      </label>
      <label className="field">
        <span className="field__label">Password</span>
        <input className="input" name="password" type="password" autoComplete="current-password" required />
        <span className="field__help">The first admin’s was printed at the first start of the server.</span>
      </label>
      {signingIn.error !== null && <ErrorNote error={signingIn.error} />}
      <button type="submit" className="button button--primary" disabled={signingIn.isPending}>
        {signingIn.isPending ? 'Signing in …' : 'Sign in'}
      </button>
    </form>
  );
}

function KeyForm(): JSX.Element {
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    signInWithKey(textOf(event.currentTarget, 'key').trim());
  };
  return (
    <form className="stack" onSubmit={submit}>
      <label className="field">
        <span className="field__label">API key</span>
        <input
          className="input"
          name="key"
          type="password"
          autoComplete="off"
          required
          pattern="\s*mst_\S+\s*"
        />
        <span className="field__help">It begins with mst_ and is forgotten when this tab is closed.</span>
      </label>
      <button type="submit" className="button button--primary">
        Sign in
      </button>
    </form>
  );
}
