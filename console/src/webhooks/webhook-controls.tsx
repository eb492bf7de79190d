import { useMutation } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { useLocation } from 'wouter';
import { queries, type WebhookSchema } from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { Commands } from '../design/commands.tsx';
import { ErrorNote } from '../design/notes.tsx';
import { SecretDialog, type Secret } from '../design/secret-dialog.tsx';
import { SIGNING_WORDS } from './signing-words.ts';
import { EditWebhookDialog } from './webhook-form-dialog.tsx';
import { changeWebhook, deleteWebhook, rotateSecret, testWebhook } from './webhooks-api.ts';

const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ['webhooks'] });

/** Test, edit, switch, rotate the secret, delete. */
export function WebhookControls({ of }: { of: WebhookSchema }): JSX.Element {
  const [asked, setAsked] = useState<'edit' | 'rotate' | 'delete' | null>(null);
  const [secret, setSecret] = useState<Secret | null>(null);
  const test = useMutation({ mutationFn: () => testWebhook(of.id), onSettled: refresh });
  const turn = useMutation({
    mutationFn: (isEnabled: boolean) => changeWebhook(of.id, { is_enabled: isEnabled }),
    onSettled: refresh,
  });
  const path = `/webhooks/${of.id}`;
  const error = test.error ?? turn.error;
  const close = (): void => setAsked(null);
  return (
    <div className="stack">
      <div className="row" role="group" aria-label="Steer this webhook">
        <button
          type="button"
          className="button"
          disabled={test.isPending || !of.is_enabled}
          onClick={() => test.mutate()}
        >
          send a test
        </button>
        <button
          type="button"
          className="button"
          disabled={turn.isPending}
          onClick={() => turn.mutate(!of.is_enabled)}
        >
          {of.is_enabled ? 'switch off' : 'switch on'}
        </button>
        <button type="button" className="button" onClick={() => setAsked('edit')}>
          edit …
        </button>
        <button type="button" className="button" onClick={() => setAsked('rotate')}>
          rotate secret …
        </button>
        <button type="button" className="button button--danger" onClick={() => setAsked('delete')}>
          delete …
        </button>
        <Commands
          calls={[
            {
              title: 'send a test',
              method: 'POST',
              path: `${path}/test`,
              muster: `muster webhooks test ${of.id}`,
            },
            {
              title: of.is_enabled ? 'switch off' : 'switch on',
              method: 'PATCH',
              path,
              body: { is_enabled: !of.is_enabled },
            },
          ]}
        />
      </div>
      {test.data !== undefined && error === null && (
        <p className="note note--good" role="status">
          The test is on its way; below stands what becomes of it.
        </p>
      )}
      {error !== null && <ErrorNote error={error} />}
      {asked === 'edit' && <EditWebhookDialog of={of} onClose={close} />}
      {asked === 'rotate' && <RotateDialog of={of} onShown={setSecret} onClose={close} />}
      {asked === 'delete' && <DeleteDialog of={of} onClose={close} />}
      {secret !== null && <SecretDialog shown={secret} onClose={() => setSecret(null)} />}
    </div>
  );
}

/** How long both secrets may sign, in seconds. */
const OVERLAPS = [
  [0, 'no time: the old one ends at once'],
  [3_600, 'an hour'],
  [86_400, 'a day'],
  [7 * 86_400, 'a week'],
] as const;

function RotateDialog({
  of,
  onShown,
  onClose,
}: {
  of: WebhookSchema;
  onShown: (secret: Secret) => void;
  onClose: () => void;
}): JSX.Element {
  const [overlap, setOverlap] = useState(86_400);
  const body = { overlap_seconds: overlap };
  return (
    <ActionDialog
      title="Rotate the secret?"
      verb="Rotate"
      call={{ method: 'POST', path: `/webhooks/${of.id}/rotate-secret`, body }}
      work={() => rotateSecret(of.id, overlap)}
      changes={['webhooks']}
      isDangerous
      onDone={({ secret }) =>
        onShown({ title: 'The new secret of the webhook', secret, about: SIGNING_WORDS })
      }
      onClose={onClose}
    >
      <label className="field">
        <span className="field__label">Both secrets sign for</span>
        <select className="input" value={overlap} onChange={({ target }) => setOverlap(Number(target.value))}>
          {OVERLAPS.map(([seconds, words]) => (
            <option key={seconds} value={seconds}>
              {words}
            </option>
          ))}
        </select>
        <span className="field__help">Meanwhile the receiver changes to the new one.</span>
      </label>
    </ActionDialog>
  );
}

function DeleteDialog({ of, onClose }: { of: WebhookSchema; onClose: () => void }): JSX.Element {
  const [, go] = useLocation();
  return (
    <ActionDialog
      title="Delete the webhook?"
      verb="Delete"
      call={{ method: 'DELETE', path: `/webhooks/${of.id}`, muster: `muster webhooks rm ${of.id}` }}
      work={() => deleteWebhook(of.id)}
      changes={['webhooks', 'list']}
      isDangerous
      onDone={() => go('/webhooks', { replace: true })}
      onClose={onClose}
    >
      <p>{of.url} hears of nothing any more; its deliveries, those that wait among them, are deleted too.</p>
    </ActionDialog>
  );
}
