import { useState, type JSX, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { count } from '../design/figures.tsx';
import { useOpenCount } from '../inbox/questions.ts';
import { signOut } from '../session/session.ts';
import { useSignedIn } from '../session/person.ts';
import { THEMES, useTheme, type Theme } from './theme.ts';
import './shell.css';

interface Place {
  to: string;
  name: string;
  forAdmins?: true;
}

const PLACES: readonly Place[] = [
  { to: '/runs', name: 'Runs' },
  { to: '/inbox', name: 'Inbox' },
  { to: '/crews', name: 'Crews' },
  { to: '/agents', name: 'Agents elsewhere' },
  { to: '/schedules', name: 'Schedules' },
  { to: '/keys', name: 'Keys' },
  { to: '/webhooks', name: 'Webhooks' },
  { to: '/statistics', name: 'Statistics' },
  { to: '/users', name: 'Users', forAdmins: true },
  { to: '/audit', name: 'Audit', forAdmins: true },
];

/** What is around every page: where one can go, who one is. */
export function Shell({ children }: { children: ReactNode }): JSX.Element {
  const [location] = useLocation();
  const [opened, setOpened] = useState<string | null>(null);
  // On a small screen the menu closes by itself when one goes somewhere.
  const isOpen = opened === location;
  return (
    <div className="shell">
      <a className="button shell__skip" href="#page">
        To the page
      </a>
      <header className="shell__side" data-open={isOpen}>
        <div className="shell__head">
          <span className="shell__name">
            <img src="/console/icon.svg" alt="" width="24" height="24" /> Muster
          </span>
          <button
            type="button"
            className="button button--small shell__menu"
            aria-expanded={isOpen}
            onClick={() => setOpened(isOpen ? null : location)}
          >
            Menu
          </button>
        </div>
        <Places location={location} />
        <Foot />
      </header>
      <main id="page" className="shell__main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Places({ location }: { location: string }): JSX.Element {
  const { role } = useSignedIn();
  return (
    <nav aria-label="Pages">
      <ul className="shell__links">
        {PLACES.filter(({ forAdmins }) => forAdmins !== true || role === 'admin').map(({ to, name }) => (
          <li key={to}>
            <Link
              href={to}
              aria-current={location === to || location.startsWith(`${to}/`) ? 'page' : undefined}
            >
              {name}
              {to === '/inbox' && <OpenCount />}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** How many questions wait for an answer. */
function OpenCount(): JSX.Element | null {
  const open = useOpenCount();
  if (open === 0) return null;
  return (
    <span className="shell__count">
      {count(open)}
      <span className="visually-hidden"> open</span>
    </span>
  );
}

const isTheme = (value: string): value is Theme => THEMES.some((theme) => theme === value);

function Foot(): JSX.Element {
  const person = useSignedIn();
  const [theme, setTheme] = useTheme();
  return (
    <div className="shell__foot">
      <label className="row">
        Theme
        <select
          className="input button--small"
          value={theme}
          onChange={({ target }) => isTheme(target.value) && setTheme(target.value)}
        >
          {THEMES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <span className="shell__who">{person.email ?? person.name}</span>
      <button type="button" className="button button--small" onClick={() => void signOut()}>
        Sign out
      </button>
      <a href="/docs">API documentation</a>
    </div>
  );
}
