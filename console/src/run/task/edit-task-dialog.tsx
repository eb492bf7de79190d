import { useState, type JSX } from 'react';
import { answer, api, type TaskRunSchema } from '../../api/client.ts';
import { ActionDialog } from '../../design/action-dialog.tsx';

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
  const body = { description, expected_output: expected };
  return (
    <ActionDialog
      title={`Edit ${task.name}`}
      verb="Save"
      call={{ method: 'PATCH', path: `/executions/${id}/tasks/${encodeURIComponent(task.key)}`, body }}
      work={() =>
        answer(
          api.PATCH('/api/v1/executions/{execution_id}/tasks/{key}', {
            params: { path: { execution_id: id, key: task.key } },
            body,
          }),
        )
      }
      changes={['run', id]}
      onClose={onClose}
    >
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
    </ActionDialog>
  );
}
