import { useMutation, useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { useLocation } from 'wouter';
import { answer, answerWithTotal, api, queries, type TemplateSchema } from '../api/client.ts';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { Empty, ErrorNote } from '../design/notes.tsx';
import { useSignedIn } from '../session/person.ts';
import './template-list.css';

/** What a crew can begin with: those that ship with the program, and those of the admins. */
export function TemplateList(): JSX.Element {
  const { page, query, showPage } = useListAddress();
  const templates = useQuery({
    queryKey: ['templates', query],
    queryFn: () => answerWithTotal(api.GET('/api/v1/templates', { params: { query } })),
  });
  return (
    <Listed query={templates} what="templates" page={page} onPage={showPage}>
      {(rows) => <TemplateCards templates={rows} />}
    </Listed>
  );
}

function TemplateCards({ templates }: { templates: readonly TemplateSchema[] }): JSX.Element {
  const isAdmin = useSignedIn().role === 'admin';
  const [, go] = useLocation();
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
  const failed = instantiate.error ?? remove.error;
  return (
    <>
      {failed !== null && <ErrorNote error={failed} />}
      {templates.length === 0 && <Empty title="No templates" />}
      {templates.map(({ id, name, description, graph, created_by: createdBy }) => (
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
    </>
  );
}
