import { useState, type JSX } from 'react';
import type { NewWebhookSchema, WebhookSchema } from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { quoted } from '../design/commands.tsx';
import { TargetFields } from '../targets/target-fields.tsx';
import { targetOf, type Target } from '../targets/target.ts';
import { patternsOf, togglePattern, USUAL_PATTERNS } from './event-patterns.ts';
import { changeWebhook, createWebhook, type WebhookWords } from './webhooks-api.ts';

interface Draft {
  url: string;
  events: string;
  description: string;
  only: Target | null;
}

const KINDS = ['graph', 'workflow', 'flow'] as const;

const wordsOf = ({ url, events, description, only }: Draft): WebhookWords => ({
  url: url.trim(),
  events: patternsOf(events),
  description,
  graph_id: only?.kind === 'graph' ? only.id : null,
  workflow_id: only?.kind === 'workflow' ? Number(only.id) : null,
  flow_name: only?.kind === 'flow' ? only.id : null,
});

const isWhole = ({ url, events, only }: Draft): boolean =>
  url.trim() !== '' && patternsOf(events).length > 0 && only?.id !== '';

/** A new webhook. */
export function NewWebhookDialog({
  onMade,
  onClose,
}: {
  onMade: (made: NewWebhookSchema) => void;
  onClose: () => void;
}): JSX.Element {
  const [draft, setDraft] = useState<Draft>({ url: '', events: 'workflow_*', description: '', only: null });
  const body = wordsOf(draft);
  const muster = `muster webhooks add ${quoted(body.url)} ${body.events.map((one) => `--event ${quoted(one)}`).join(' ')}`;
  return (
    <ActionDialog
      title="New webhook"
      verb="Make it"
      call={{ method: 'POST', path: '/webhooks', body, muster }}
      work={() => createWebhook(body)}
      changes={['webhooks']}
      isReady={isWhole(draft)}
      onDone={onMade}
      onClose={onClose}
    >
      <WebhookFields draft={draft} onChange={setDraft} />
    </ActionDialog>
  );
}

/** Another address, other events, other words for a webhook. */
export function EditWebhookDialog({ of, onClose }: { of: WebhookSchema; onClose: () => void }): JSX.Element {
  const [draft, setDraft] = useState<Draft>({
    url: of.url,
    events: of.events.join(' '),
    description: of.description,
    only: targetOf({ ...of, flow: of.flow_name }),
  });
  const body = wordsOf(draft);
  return (
    <ActionDialog
      title="Edit the webhook"
      verb="Save"
      call={{ method: 'PATCH', path: `/webhooks/${of.id}`, body }}
      work={() => changeWebhook(of.id, body)}
      changes={['webhooks']}
      isReady={isWhole(draft)}
      onClose={onClose}
    >
      <WebhookFields draft={draft} onChange={setDraft} />
    </ActionDialog>
  );
}

function WebhookFields({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }): JSX.Element {
  const change = (part: Partial<Draft>): void => onChange({ ...draft, ...part });
  const patterns = patternsOf(draft.events);
  return (
    <>
      <label className="field">
        <span className="field__label">Address</span>
        <input
          className="input"
          type="url"
          required
          placeholder="https://example.com/hooks/muster"
          value={draft.url}
          onChange={({ target }) => change({ url: target.value })}
        />
        <span className="field__help">Every event is sent to it by POST, signed.</span>
      </label>
      <fieldset className="fieldset">
        <legend className="field__label">Tell it of</legend>
        <div className="chips">
          {USUAL_PATTERNS.map(({ pattern, about }) => (
            <label key={pattern}>
              <input
                type="checkbox"
                checked={patterns.includes(pattern)}
                onChange={() => change({ events: togglePattern(draft.events, pattern) })}
              />
              {about}
            </label>
          ))}
        </div>
        <label className="field">
          <span className="field__label">Event types</span>
          <input
            className="input code"
            required
            spellCheck={false}
            autoComplete="off"
            value={draft.events}
            onChange={({ target }) => change({ events: target.value })}
          />
          <span className="field__help">Separated by spaces; * stands for any piece of a name.</span>
        </label>
      </fieldset>
      <TargetFields
        label="Of"
        none="all runs"
        kinds={KINDS}
        target={draft.only}
        onChange={(only) => change({ only })}
      />
      <label className="field">
        <span className="field__label">Description</span>
        <input
          className="input"
          maxLength={1_000}
          value={draft.description}
          onChange={({ target }) => change({ description: target.value })}
        />
      </label>
    </>
  );
}
