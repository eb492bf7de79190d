import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { queries, type WebhookDeliverySchema, type WebhookSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { Commands } from '../design/commands.tsx';
import { count, Moment, spanOf } from '../design/figures.tsx';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { Empty, ErrorNote } from '../design/notes.tsx';
import { DELIVERY_STATUSES, listDeliveries, sendAgain } from './webhooks-api.ts';

/** What was and will be sent to a webhook, newest first; each can be sent again. */
export function DeliveryList({ of, liveMs }: { of: WebhookSchema; liveMs: number }): JSX.Element {
  const { params, page, query, show, showPage } = useListAddress();
  const status = DELIVERY_STATUSES.find((one) => one === params.get('status'));
  const asked = { ...query, ...(status !== undefined && { status }) };
  const deliveries = useQuery({
    queryKey: ['webhooks', 'deliveries', of.id, asked],
    queryFn: () => listDeliveries(of.id, asked),
    refetchInterval: liveMs,
    placeholderData: keepPreviousData,
  });
  const again = useMutation({
    mutationFn: (delivery: string) => sendAgain(of.id, delivery),
    onSettled: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
  return (
    <section className="stack" aria-labelledby="deliveries">
      <div className="row spread">
        <h2 id="deliveries">Deliveries</h2>
        <div className="row">
          <Commands calls={[{ title: 'list', method: 'GET', path: `/webhooks/${of.id}/deliveries` }]} />
          <label className="row">
            State
            <select
              className="input select"
              value={status ?? ''}
              onChange={({ target }) => show({ status: target.value })}
            >
              <option value="">any</option>
              {DELIVERY_STATUSES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
        </div>
      </div>
      {again.error !== null && <ErrorNote error={again.error} />}
      <Listed query={deliveries} what="deliveries" page={page} onPage={showPage}>
        {(rows) => (
          <DeliveryTable
            deliveries={rows}
            canSend={of.is_enabled && !again.isPending}
            onSend={(id) => again.mutate(id)}
          />
        )}
      </Listed>
    </section>
  );
}

interface SendProps {
  canSend: boolean;
  onSend: (id: string) => void;
}

function DeliveryTable({
  deliveries,
  ...send
}: SendProps & { deliveries: readonly WebhookDeliverySchema[] }): JSX.Element {
  if (deliveries.length === 0) {
    return (
      <Empty title="No deliveries here">
        <p>Send a test, or start a run: its events are sent as they happen.</p>
      </Empty>
    );
  }
  return (
    <div className="card">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Event</th>
            <th scope="col">Made</th>
            <th scope="col" className="number">
              Attempts
            </th>
            <th scope="col">Response</th>
            <th scope="col">Next attempt</th>
            <th scope="col">To do</th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <DeliveryRow key={delivery.id} of={delivery} {...send} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const DeliveryRow = ({ of, canSend, onSend }: SendProps & { of: WebhookDeliverySchema }): JSX.Element => (
  <tr>
    <td>
      <Badge status={of.status} />
    </td>
    <td className="wide">
      {of.event_type}
      {of.execution_id !== null && (
        <>
          {' '}
          <Link href={`/runs/${of.execution_id}`}>
            run<span className="visually-hidden"> of {of.event_type}</span>
          </Link>
          {of.seq !== null && <span className="soft"> event {count(of.seq)}</span>}
        </>
      )}
    </td>
    <td data-label="Made">
      <Moment at={of.created_at} />
    </td>
    <td className="number" data-label="Attempts">
      {count(of.attempts)}
    </td>
    <td className="wide" data-label="Response">
      <Response of={of} />
    </td>
    <td data-label="Next attempt">
      {of.next_attempt_at !== null && Date.parse(of.next_attempt_at) <= Date.now() ? (
        'as soon as it may'
      ) : (
        <Moment at={of.next_attempt_at} />
      )}
    </td>
    <td>
      <button
        type="button"
        className="button button--small"
        aria-label={`send again ${of.event_type} ${of.id}`}
        disabled={!canSend}
        onClick={() => onSend(of.id)}
      >
        send again
      </button>
    </td>
  </tr>
);

function Response({ of }: { of: WebhookDeliverySchema }): JSX.Element {
  if (of.last_attempt_at === null) return <span className="soft">—</span>;
  return (
    <>
      {of.response_code ?? 'no answer'}
      {of.duration_ms !== null && <span className="soft"> in {spanOf(of.duration_ms)}</span>}
      <div className="soft">
        <Moment at={of.last_attempt_at} />
      </div>
      {of.error !== null && <div className="field__error">{of.error}</div>}
    </>
  );
}
