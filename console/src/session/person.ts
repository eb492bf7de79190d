import { useQuery } from '@tanstack/react-query';
import { createContext, useContext, useEffect } from 'react';
import { answer, api, ApiError, queries } from '../api/client.ts';
import { onSessionChange, type Person } from './session.ts';

const KEY = ['me'];

/** Who uses the console; asked of the server, which also knows whether anybody has to sign in. */
export function usePerson(): {
  person: Person | undefined;
  /** Somebody has to sign in first. */
  isUnknown: boolean;
  error: Error | null;
  again: () => void;
} {
  const me = useQuery({
    queryKey: KEY,
    queryFn: () => answer(api.GET('/api/v1/auth/me')),
    staleTime: 300_000,
  });
  useEffect(
    () =>
      // What somebody else was shown must not stay behind.
      onSessionChange(() => {
        queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
        void queries.resetQueries({ queryKey: KEY });
      }),
    [],
  );
  const isUnknown = me.error instanceof ApiError && me.error.status === 401;
  return {
    person: me.data,
    isUnknown,
    error: isUnknown || me.data !== undefined ? null : me.error,
    again: () => void me.refetch(),
  };
}

/** Set around everything that is shown to somebody signed in. */
export const PersonContext = createContext<Person | null>(null);

/** Who is signed in. @throws outside of `PersonContext` */
export function useSignedIn(): Person {
  const person = useContext(PersonContext);
  if (person === null) throw new Error('no PersonContext around this');
  return person;
}
