import { lazy, Suspense, type JSX } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Empty, ErrorNote, Loading } from './design/notes.tsx';
import { RunListPage } from './runs/run-list-page.tsx';
import { PersonContext, usePerson } from './session/person.ts';
import { SignInPage } from './session/sign-in-page.tsx';
import { Shell } from './shell/shell.tsx';

/** Every page and its address. Pages that are big or seldom seen are fetched when they are opened. */

const RunPage = lazy(() => import('./run/run-page.tsx'));
const InboxPage = lazy(() => import('./inbox/inbox-page.tsx'));
const CrewListPage = lazy(() => import('./crews/crew-list-page.tsx'));
const CrewPage = lazy(() => import('./crews/crew-page.tsx'));
const AgentListPage = lazy(() => import('./agents/agent-list-page.tsx'));
const AgentPage = lazy(() => import('./agents/agent-page.tsx'));
const ScheduleListPage = lazy(() => import('./schedules/schedule-list-page.tsx'));
const SchedulePage = lazy(() => import('./schedules/schedule-page.tsx'));
const KeyListPage = lazy(() => import('./keys/key-list-page.tsx'));
const WebhookListPage = lazy(() => import('./webhooks/webhook-list-page.tsx'));
const WebhookPage = lazy(() => import('./webhooks/webhook-page.tsx'));
const StatisticsPage = lazy(() => import('./statistics/statistics-page.tsx'));
const UserListPage = lazy(() => import('./users/user-list-page.tsx'));
const AuditPage = lazy(() => import('./audit/audit-page.tsx'));

export function App(): JSX.Element {
  const { person, isUnknown, error, again } = usePerson();
  if (error !== null) {
    return (
      <main className="shell__main">
        <h1>Muster</h1>
        <ErrorNote error={error} again={again} />
      </main>
    );
  }
  if (isUnknown) return <SignInPage />;
  if (person === undefined) {
    return (
      <main>
        <Loading what="the console" />
      </main>
    );
  }
  return (
    <PersonContext value={person}>
      <Shell>
        <Suspense fallback={<Loading what="this page" />}>
          <Pages />
        </Suspense>
      </Shell>
    </PersonContext>
  );
}

const Pages = (): JSX.Element => (
  <Switch>
    <Route path="/">
      <Redirect to="/runs" replace />
    </Route>
    <Route path="/runs" component={RunListPage} />
    <Route path="/runs/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
    <Route path="/inbox" component={InboxPage} />
    <Route path="/crews" component={CrewListPage} />
    <Route path="/crews/:id">{({ id }) => <CrewPage key={id} id={id} />}</Route>
    <Route path="/agents" component={AgentListPage} />
    <Route path="/agents/:id">{({ id }) => <AgentPage key={id} id={id} />}</Route>
    <Route path="/schedules" component={ScheduleListPage} />
    <Route path="/schedules/:id">{({ id }) => <SchedulePage key={id} id={id} />}</Route>
    <Route path="/keys" component={KeyListPage} />
    <Route path="/webhooks" component={WebhookListPage} />
    <Route path="/webhooks/:id">{({ id }) => <WebhookPage key={id} id={id} />}</Route>
    <Route path="/statistics" component={StatisticsPage} />
    <Route path="/users" component={UserListPage} />
    <Route path="/audit" component={AuditPage} />
    <Route>
      <Empty title="There is no such page">
        <a href="/console/runs">To the runs</a>
      </Empty>
    </Route>
  </Switch>
);
