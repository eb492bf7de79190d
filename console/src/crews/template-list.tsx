import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { useLocation } from 'wouter';
import { answer, answerWithTotal, api, queries } from '../api/client.ts';
import { Empty, ErrorNote, Loading } from '../design/notes.tsx';
import { Pager } from '../design/pager.tsx';
import { useSignedIn } from '../session/person.ts';
import './template-list.css';

const PAGE = 20;

/** What a crew can begin with: those that ship with the program, and those of the admins. */
export function TemplateList(): JSX.Element {
  const isAdmin = useSignedIn().role === 'admin';
  const [page, setPage] = useState(1);
  const [, go] = useLocation();
  const templates = useQuery({
    queryKey: ['templates', page],
    queryFn: () =>
      answerWithTotal(
        api.GET('/api/v1/templates', { params: { query: { skip: (page - 1) * PAGE, limit: PAGE } } }),
      ),
  });
  const instantiate = useMutation({
    mutationFn: (id: string) =>
      answer(
        api.POST('/api/v1/templates/{template_id}/instantiate', { params: { path: { template_id: id } } }),
      ),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ['graphs'] });
      go(`/crews/${id}`);
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      answer(api.DELETE('/api/v1/templates/{template_id}', { params: { path: { template_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['templates'] }),
  });
  if (templates.data === undefined)
    return templates.error === null ? (
      <Loading what="templates" />
    ) : (
      <ErrorNote error={templates.error} again={() => void templates.refetch()} />
    );
  const failed = instantiate.error ?? remove.error;
  return (
    <>
      {failed !== null && <ErrorNote error={failed} />}
      {templates.data.data.length === 0 && <Empty title="No templates" />}
      {templates.data.data.map(({ id, name, description, graph, created_by: createdBy }) => (
        <article key={id} className="card template-list__one">
          <div className="row spread">
            <h2>{name}</h2>
            <span className="soft">
              {graph.nodes.filter(({ type }) => type === 'agent').length} agents,{' '}
              {graph.nodes.filter(({ type }) => type === 'task').length} tasks
            </span>
          </div>
          <p>{description}</p>
          <div className="row">
            <button
              type="button"
              className="button button--primary"
              disabled={instantiate.isPending}
              onClick={() => instantiate.mutate(id)}
            >
              Begin with “{name}”
            </button>
            {isAdmin && createdBy !== null && (
              <button
                type="button"
                className="button button--danger"
                disabled={remove.isPending}
                onClick={() => remove.mutate(id)}
              >
                Delete the template
              </button>
            )}
          </div>
        </article>
      ))}
      <Pager page={page} size={PAGE} total={templates.data.total} onPage={setPage} />
    </>
  );
}
