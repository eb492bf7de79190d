import { useMutation } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { answer, api, queries, type TaskRunSchema } from '../../api/client.ts';
import { Dialog } from '../../design/dialog.tsx';
import { ErrorNote } from '../../design/notes.tsx';

/** Other words for a task that has not started, or has failed. */
export function EditTaskDialog({
  id,
  task,
  onClose,
}: {
  id: string;
  task: TaskRunSchema;
  onClose: () => void;
}): JSX.Element {
  const [description, setDescription] = useState(task.description ?? '');
  const [expected, setExpected] = useState(task.expected_output ?? '');
  const save = useMutation({
    mutationFn: () =>
      answer(
        api.PATCH('/api/v1/executions/{execution_id}/tasks/{key}', {
          params: { path: { execution_id: id, key: task.key } },
          body: { description, expected_output: expected },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['run', id] });
      onClose();
    },
  });
  return (
    <Dialog title={`Edit ${task.name}`} onClose={onClose}>
      <label className="field">
        <span className="field__label">What it is told</span>
        <textarea
          className="input"
          rows={7}
          value={description}
          onChange={({ target }) => setDescription(target.value)}
        />
      </label>
      <label className="field">
        <span className="field__label">What is expected</span>
        <textarea
          className="input"
          rows={4}
          value={expected}
          onChange={({ target }) => setExpected(target.value)}
        />
      </label>
      {save.error !== null && <ErrorNote error={save.error} />}
      <div className="dialog__foot">
        <button type="button" className="button" onClick={onClose}>
          Leave it
        </button>
        <button
          type="button"
          className="button button--primary"
          disabled={save.isPending}
          onClick={() => save.mutate()}
        >
          Save
        </button>
      </div>
    </Dialog>
  );
}
