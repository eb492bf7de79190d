import { useState, type JSX } from 'react';
import type { CreateScheduleSchema, ScheduleSchema } from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { JsonField } from '../design/json-field.tsx';
import { readObject } from '../design/json.ts';
import { TargetFields } from '../targets/target-fields.tsx';
import { fieldsOf, targetOf, type Target } from '../targets/target.ts';
import { useWantedInputs } from '../targets/use-targets.ts';
import { changeSchedule, createSchedule, OVERLAPS, type Overlap } from './schedules-api.ts';

interface Draft {
  name: string;
  target: Target;
  inputs: string;
  cron: string;
  timezone: string;
  overlap: Overlap;
}

/** Times that are asked for most. */
const USUAL_TIMES = [
  ['hourly', '0 * * * *'],
  ['daily at 9', '0 9 * * *'],
  ['weekdays at 9', '0 9 * * MON-FRI'],
  ['Mondays at 9', '0 9 * * MON'],
  ['monthly', '0 9 1 * *'],
] as const;

const ZONES = Intl.supportedValuesOf('timeZone');
const ownZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** @returns null while the draft makes no request */
function bodyOf({ name, target, inputs, cron, timezone, overlap }: Draft): CreateScheduleSchema | null {
  const read = readObject(inputs);
  if (read.value === undefined || [name, target.id, cron, timezone].some((text) => text.trim() === ''))
    return null;
  return { name, ...fieldsOf(target), inputs: read.value, cron, timezone, overlap };
}

/** A new schedule, or with `of` another form of one. */
export function ScheduleFormDialog({
  of,
  onDone,
  onClose,
}: {
  of: ScheduleSchema | null;
  onDone?: (schedule: ScheduleSchema) => void;
  onClose: () => void;
}): JSX.Element {
  const [draft, setDraft] = useState<Draft>({
    name: of?.name ?? '',
    target: (of === null ? null : targetOf(of)) ?? { kind: 'graph', id: '' },
    inputs: JSON.stringify(of?.inputs ?? {}, null, 2),
    cron: of?.cron ?? '0 9 * * MON-FRI',
    timezone: of?.timezone ?? ownZone(),
    overlap: of?.overlap ?? 'skip',
  });
  const body = bodyOf(draft);
  const send = (): Promise<ScheduleSchema> => {
    if (body === null) throw new Error('asked to send a request that is not whole');
    return of === null ? createSchedule(body) : changeSchedule(of.id, body);
  };
  return (
    <ActionDialog
      title={of === null ? 'New schedule' : `Edit ${of.name}`}
      verb={of === null ? 'Make it' : 'Save'}
      call={
        of === null
          ? { method: 'POST', path: '/schedules', body: body ?? {} }
          : { method: 'PATCH', path: `/schedules/${of.id}`, body: body ?? {} }
      }
      work={send}
      changes={['schedules']}
      isReady={body !== null}
      {...(onDone !== undefined && { onDone })}
      onClose={onClose}
    >
      <WhatFields draft={draft} onChange={setDraft} />
      <WhenFields draft={draft} onChange={setDraft} />
    </ActionDialog>
  );
}

interface FieldsProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
}

function WhatFields({ draft, onChange }: FieldsProps): JSX.Element {
  const wanted = useWantedInputs(draft.target);
  const read = readObject(draft.inputs);
  return (
    <>
      <label className="field">
        <span className="field__label">Name</span>
        <input
          className="input"
          required
          maxLength={200}
          placeholder="Morning research"
          value={draft.name}
          onChange={({ target }) => onChange({ ...draft, name: target.value })}
        />
      </label>
      <TargetFields
        label="Starts"
        target={draft.target}
        onChange={(target) => target !== null && onChange({ ...draft, target })}
      />
      <JsonField
        label="Inputs"
        text={draft.inputs}
        onChange={(inputs) => onChange({ ...draft, inputs })}
        error={read.error}
        help={wanted.length === 0 ? 'An object of JSON.' : `An object of JSON with ${wanted.join(', ')}.`}
      />
    </>
  );
}

function WhenFields({ draft, onChange }: FieldsProps): JSX.Element {
  const change = (part: Partial<Draft>): void => onChange({ ...draft, ...part });
  return (
    <>
      <div className="field">
        <label className="field">
          <span className="field__label">Times</span>
          <input
            className="input code"
            required
            maxLength={200}
            spellCheck={false}
            autoComplete="off"
            value={draft.cron}
            onChange={({ target }) => change({ cron: target.value })}
          />
          <span className="field__help">Cron: minute, hour, day of month, month, day of week.</span>
        </label>
        <div className="row" role="group" aria-label="Usual times">
          {USUAL_TIMES.map(([words, cron]) => (
            <button
              key={cron}
              type="button"
              className="button button--small"
              aria-pressed={draft.cron === cron}
              onClick={() => change({ cron })}
            >
              {words}
            </button>
          ))}
        </div>
      </div>
      <label className="field">
        <span className="field__label">Time zone</span>
        <input
          className="input"
          required
          list="time-zones"
          autoComplete="off"
          value={draft.timezone}
          onChange={({ target }) => change({ timezone: target.value })}
        />
        <datalist id="time-zones">
          {ZONES.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </label>
      <OverlapField
        label="While an earlier run is not over"
        overlap={draft.overlap}
        onChange={(overlap) => change({ overlap })}
      />
    </>
  );
}

/** What becomes of a time that comes while an earlier run is not over. */
export const OverlapField = ({
  label,
  overlap,
  onChange,
}: {
  label: string;
  overlap: Overlap;
  onChange: (overlap: Overlap) => void;
}): JSX.Element => (
  <label className="field">
    <span className="field__label">{label}</span>
    <select
      className="input"
      value={overlap}
      onChange={({ target }) => {
        const chosen = OVERLAPS.find((one) => one.overlap === target.value);
        if (chosen !== undefined) onChange(chosen.overlap);
      }}
    >
      {OVERLAPS.map(({ overlap: one, about }) => (
        <option key={one} value={one}>
          {about}
        </option>
      ))}
    </select>
  </label>
);
