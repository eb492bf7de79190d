import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { WebhookSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { Moment } from '../design/figures.tsx';
import { ErrorNote, Loading } from '../design/notes.tsx';
import { Fact, Facts, PageHead } from '../design/page-head.tsx';
import { targetOf } from '../targets/target.ts';
import { useTargetName } from '../targets/use-targets.ts';
import { DeliveryList } from './delivery-list.tsx';
import { WebhookControls } from './webhook-controls.tsx';
import { readWebhook, stateOf } from './webhooks-api.ts';

/** How often a webhook and its deliveries are asked for while somebody looks at them. */
const LIVE_MS = 4_000;

/** One webhook: what it is told, how it is doing, what was and will be sent. */
export default function WebhookPage({ id }: { id: string }): JSX.Element {
  const { data, error, refetch } = useQuery({
    queryKey: ['webhooks', 'one', id],
    queryFn: () => readWebhook(id),
    refetchInterval: LIVE_MS,
  });
  return (
    <>
      <Link href="/webhooks">Webhooks</Link>
      <PageHead title={data?.url ?? 'Webhook'}>
        {data !== undefined && <Badge status={stateOf(data)} />}
      </PageHead>
      {error !== null && <ErrorNote error={error} again={() => void refetch()} />}
      {data === undefined ? (
        error === null && <Loading what="the webhook" />
      ) : (
        <>
          {data.description !== '' && <p>{data.description}</p>}
          {data.disabled_reason !== null && (
            <p className="note note--warn">It was switched off by itself: {data.disabled_reason}</p>
          )}
          <WebhookControls of={data} />
          <WebhookFacts of={data} />
          <DeliveryList of={data} liveMs={LIVE_MS} />
        </>
      )}
    </>
  );
}

function WebhookFacts({ of }: { of: WebhookSchema }): JSX.Element {
  const only = useTargetName(targetOf({ ...of, flow: of.flow_name }));
  return (
    <Facts>
      <Fact name="Events">
        <code>{of.events.join(' ')}</code>
      </Fact>
      <Fact name="Of">{only === '' ? 'all runs' : only}</Fact>
      <Fact name="Last success">
        <Moment at={of.last_success_at} />
      </Fact>
      {of.failing_since !== null && (
        <Fact name="Failing since">
          <Moment at={of.failing_since} />
        </Fact>
      )}
      {of.held_until !== null && (
        <Fact name="Nothing is sent before">
          <Moment at={of.held_until} />
        </Fact>
      )}
      {of.previous_secret_until !== null && (
        <Fact name="The old secret signs too">
          until <Moment at={of.previous_secret_until} />
        </Fact>
      )}
      <Fact name="Made">
        <Moment at={of.created_at} />
      </Fact>
    </Facts>
  );
}
