import { useMutation } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { useLocation } from 'wouter';
import { queries, type ScheduleSchema } from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { Commands, type ShownCall } from '../design/commands.tsx';
import { momentOf, toTimeField } from '../design/local-time.ts';
import { ErrorNote } from '../design/notes.tsx';
import { OverlapField, ScheduleFormDialog } from './schedule-form-dialog.tsx';
import {
  backfillSchedule,
  commandSchedule,
  deleteSchedule,
  type Overlap,
  type ScheduleCommand,
} from './schedules-api.ts';

/** Trigger, pause, resume, edit, backfill, delete. */
export function ScheduleControls({ of }: { of: ScheduleSchema }): JSX.Element {
  const [asked, setAsked] = useState<'edit' | 'backfill' | 'delete' | null>(null);
  const command = useMutation({
    mutationFn: (word: ScheduleCommand) => commandSchedule(of.id, word),
    onSettled: () => queries.invalidateQueries({ queryKey: ['schedules'] }),
  });
  const words = ['trigger', of.paused ? 'resume' : 'pause'] as const;
  const calls: ShownCall[] = words.map((word) => ({
    title: word,
    method: 'POST',
    path: `/schedules/${of.id}/${word}`,
    muster: `muster schedules ${word} ${of.id}`,
  }));
  const close = (): void => setAsked(null);
  return (
    <div className="stack">
      <div className="row" role="group" aria-label="Steer this schedule">
        {words.map((word) => (
          <button
            key={word}
            type="button"
            className="button"
            disabled={command.isPending}
            onClick={() => command.mutate(word)}
          >
            {word === 'trigger' ? 'trigger now' : word}
          </button>
        ))}
        <button type="button" className="button" onClick={() => setAsked('edit')}>
          edit …
        </button>
        <button type="button" className="button" onClick={() => setAsked('backfill')}>
          backfill …
        </button>
        <button type="button" className="button button--danger" onClick={() => setAsked('delete')}>
          delete …
        </button>
        <Commands calls={calls} />
      </div>
      {command.data !== undefined && command.variables === 'trigger' && (
        <p className="note note--good" role="status">
          It starts; within seconds it stands below.
        </p>
      )}
      {command.error !== null && <ErrorNote error={command.error} />}
      {asked === 'edit' && <ScheduleFormDialog of={of} onClose={close} />}
      {asked === 'backfill' && <BackfillDialog of={of} onClose={close} />}
      {asked === 'delete' && <DeleteDialog of={of} onClose={close} />}
    </div>
  );
}

const DAY_MS = 86_400_000;

function BackfillDialog({ of, onClose }: { of: ScheduleSchema; onClose: () => void }): JSX.Element {
  const [from, setFrom] = useState(() => toTimeField(new Date(Date.now() - DAY_MS).toISOString()));
  const [to, setTo] = useState(() => toTimeField(new Date().toISOString()));
  const [overlap, setOverlap] = useState<Overlap>('buffer_all');
  const body = { from: momentOf(from) ?? '', to: momentOf(to) ?? '', overlap };
  return (
    <ActionDialog
      title={`Backfill ${of.name}`}
      verb="Make up for them"
      call={{ method: 'POST', path: `/schedules/${of.id}/backfill`, body }}
      work={() => backfillSchedule(of.id, body)}
      changes={['schedules']}
      isReady={body.from !== '' && body.to !== ''}
      onClose={onClose}
    >
      <p>
        It is started once for each of its times in between, 100 at most, unless it was started for it before.
      </p>
      <label className="field">
        <span className="field__label">From</span>
        <input
          className="input"
          type="datetime-local"
          required
          value={from}
          onChange={({ target }) => setFrom(target.value)}
        />
        <span className="field__help">As this browser’s clock has it.</span>
      </label>
      <label className="field">
        <span className="field__label">To</span>
        <input
          className="input"
          type="datetime-local"
          required
          value={to}
          onChange={({ target }) => setTo(target.value)}
        />
        <span className="field__help">Not in the future.</span>
      </label>
      <OverlapField label="While an earlier one is not over" overlap={overlap} onChange={setOverlap} />
    </ActionDialog>
  );
}

function DeleteDialog({ of, onClose }: { of: ScheduleSchema; onClose: () => void }): JSX.Element {
  const [, go] = useLocation();
  return (
    <ActionDialog
      title={`Delete ${of.name}?`}
      verb="Delete"
      call={{ method: 'DELETE', path: `/schedules/${of.id}`, muster: `muster schedules rm ${of.id}` }}
      work={() => deleteSchedule(of.id)}
      changes={['schedules', 'list']}
      isDangerous
      onDone={() => go('/schedules', { replace: true })}
      onClose={onClose}
    >
      <p>Nothing starts by it any more. Its runs stay, and those under way go on.</p>
    </ActionDialog>
  );
}
