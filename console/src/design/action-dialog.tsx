import { useMutation } from '@tanstack/react-query';
import type { FormEvent, JSX, ReactNode } from 'react';
import { queries } from '../api/client.ts';
import { Commands, type ShownCall } from './commands.tsx';
import { Dialog } from './dialog.tsx';
import { ErrorNote } from './notes.tsx';

/** One request, after a look at what it will do: a question, or a form whose fields are the children. */
export function ActionDialog<Result>({
  title,
  verb,
  call,
  work,
  changes,
  isDangerous = false,
  isReady = true,
  onDone,
  onClose,
  children,
}: {
  title: string;
  /** On the button that does it. */
  verb: string;
  call: Omit<ShownCall, 'title'>;
  work: () => Promise<Result>;
  /** How the keys of the queries begin that are to be asked anew. */
  changes: readonly string[];
  isDangerous?: boolean;
  /** False while the fields do not make a request. */
  isReady?: boolean;
  /** Called with the answer before the dialog closes. */
  onDone?: (result: Result) => void;
  onClose: () => void;
  children: ReactNode;
}): JSX.Element {
  const action = useMutation({
    mutationFn: work,
    onSuccess: async (result) => {
      onDone?.(result);
      onClose();
      await queries.invalidateQueries({ queryKey: changes });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (isReady) action.mutate();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        {children}
        {action.error !== null && <ErrorNote error={action.error} />}
        <div className="dialog__foot">
          <Commands calls={[{ ...call, title: verb }]} />
          <button type="button" className="button" onClick={onClose}>
            Leave it
          </button>
          <button
            type="submit"
            className={`button ${isDangerous ? 'button--danger' : 'button--primary'}`}
            disabled={!isReady || action.isPending}
          >
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
