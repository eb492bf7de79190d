import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { Link } from 'wouter';
import type { WebhookSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { Commands } from '../design/commands.tsx';
import { Moment } from '../design/figures.tsx';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { Empty } from '../design/notes.tsx';
import { PageHead } from '../design/page-head.tsx';
import { SecretDialog, type Secret } from '../design/secret-dialog.tsx';
import { Everybodys } from '../session/everybodys.tsx';
import { SIGNING_WORDS } from './signing-words.ts';
import { NewWebhookDialog } from './webhook-form-dialog.tsx';
import { listWebhooks, stateOf } from './webhooks-api.ts';

/** Who is told of events. */
export default function WebhookListPage(): JSX.Element {
  const { page, scope, query, show, showPage } = useListAddress();
  const asked = { ...query, scope };
  const webhooks = useQuery({
    queryKey: ['webhooks', 'list', asked],
    queryFn: () => listWebhooks(asked),
    placeholderData: keepPreviousData,
  });
  const [isMaking, setMaking] = useState(false);
  const [secret, setSecret] = useState<Secret | null>(null);
  const list = { title: 'list', method: 'GET', path: '/webhooks', muster: 'muster webhooks ls' } as const;
  return (
    <>
      <PageHead title="Webhooks">
        <Commands calls={[list]} />
        <Everybodys scope={scope} onChange={(next) => show({ scope: next })} />
        <button type="button" className="button button--primary" onClick={() => setMaking(true)}>
          New webhook
        </button>
      </PageHead>
      <Listed query={webhooks} what="webhooks" page={page} onPage={showPage}>
        {(rows) => <WebhookTable webhooks={rows} />}
      </Listed>
      {isMaking && (
        <NewWebhookDialog
          onMade={({ secret }) =>
            setSecret({ title: 'The secret of the webhook', secret, about: SIGNING_WORDS })
          }
          onClose={() => setMaking(false)}
        />
      )}
      {secret !== null && <SecretDialog shown={secret} onClose={() => setSecret(null)} />}
    </>
  );
}

function WebhookTable({ webhooks }: { webhooks: readonly WebhookSchema[] }): JSX.Element {
  if (webhooks.length === 0) {
    return (
      <Empty title="No webhooks here">
        <p>A webhook tells an address of yours when something happens. Make one above, or in a terminal:</p>
        <code>muster webhooks add https://example.com/hook --event &apos;workflow_*&apos;</code>
      </Empty>
    );
  }
  return (
    <div className="card">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Address</th>
            <th scope="col">Events</th>
            <th scope="col">Last success</th>
            <th scope="col">Made</th>
          </tr>
        </thead>
        <tbody>
          {webhooks.map((webhook) => (
            <tr key={webhook.id}>
              <td>
                <Badge status={stateOf(webhook)} />
              </td>
              <td className="wide">
                <Link href={`/webhooks/${webhook.id}`} className="name-link">
                  {webhook.url}
                </Link>
                {webhook.description !== '' && <div className="soft">{webhook.description}</div>}
              </td>
              <td className="wide">
                <code>{webhook.events.join(' ')}</code>
              </td>
              <td data-label="Last success">
                <Moment at={webhook.last_success_at} />
              </td>
              <td data-label="Made">
                <Moment at={webhook.created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
