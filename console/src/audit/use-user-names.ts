import { useQuery } from '@tanstack/react-query';
import { listUsers, nameOfUser } from '../users/users-api.ts';

const NONE: ReadonlyMap<string, string> = new Map();

/** What users are called, by id: the newest thousand; of others the page shows the id. */
export function useUserNames(): ReadonlyMap<string, string> {
  const { data } = useQuery({
    queryKey: ['users', 'names'],
    queryFn: async () => {
      const users = await listUsers({ skip: 0, limit: 1_000 });
      return new Map(users.data.map((user) => [user.id, nameOfUser(user)]));
    },
    staleTime: 60_000,
  });
  return data ?? NONE;
}
