import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client.ts';
import type { Target, TargetKind } from './target.ts';

/** One thing that can be chosen. */
export interface Choice {
  id: string;
  name: string;
}

/** As many as one request gives; whoever has more names the others by API. */
const MOST = 1_000;
const page = { skip: 0, limit: MOST };

async function readChoices(kind: TargetKind): Promise<Choice[]> {
  switch (kind) {
    case 'graph': {
      const graphs = await answer(api.GET('/api/v1/graphs', { params: { query: page } }));
      return graphs.map(({ id, name }) => ({ id, name }));
    }
    case 'workflow': {
      const workflows = await answer(api.GET('/api/v1/workflows', { params: { query: page } }));
      return workflows.map(({ id, name }) => ({ id: String(id), name: `${name} (#${id})` }));
    }
    case 'flow': {
      const flows = await answer(api.GET('/api/v1/flows'));
      return flows.map(({ name, summary }) => ({ id: name, name: `${name}: ${summary}` }));
    }
    case 'crew':
      // The API lists no folders: their names are typed.
      return [];
  }
}

/** What there is of a kind; of none where `kind` is undefined. */
export function useChoices(kind: TargetKind | undefined): {
  choices: Choice[] | undefined;
  error: Error | null;
} {
  const { data, error } = useQuery({
    queryKey: ['targets', kind],
    queryFn: () => (kind === undefined ? [] : readChoices(kind)),
    staleTime: 30_000,
  });
  return { choices: data, error };
}

/** What a target is called; its id until that is known, or where it is somebody else's. */
export function useTargetName(target: Target | null): string {
  const { choices } = useChoices(target?.kind === 'flow' ? undefined : target?.kind);
  return choices?.find(({ id }) => id === target?.id)?.name ?? target?.id ?? '';
}

/** The inputs that a graph wants; of the other kinds the API does not tell. */
export function useWantedInputs({ kind, id }: Target): readonly string[] {
  const { data } = useQuery({
    queryKey: ['graph-inputs', id],
    queryFn: () =>
      answer(api.GET('/api/v1/graphs/{graph_id}/inputs', { params: { path: { graph_id: id } } })),
    enabled: kind === 'graph' && id !== '',
  });
  return (kind === 'graph' ? data?.inputs : undefined) ?? [];
}
