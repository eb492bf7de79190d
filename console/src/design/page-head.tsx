import { useEffect, type JSX, type ReactNode } from 'react';
import './page-head.css';

/** Names the browser's tab for as long as a page is shown. */
export function useTabTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Muster`;
    return () => {
      document.title = 'Muster';
    };
  }, [title]);
}

/** What a page is called, here and in the browser's tab, and what can be done on it. */
export function PageHead({ title, children }: { title: string; children?: ReactNode }): JSX.Element {
  useTabTitle(title);
  return (
    <header className="row spread">
      <h1>{title}</h1>
      {children !== undefined && <div className="row">{children}</div>}
    </header>
  );
}

/** What there is to know of one thing, one beside the other as far as there is room. */
export const Facts = ({ children }: { children: ReactNode }): JSX.Element => (
  <dl className="facts">{children}</dl>
);

export const Fact = ({ name, children }: { name: string; children: ReactNode }): JSX.Element => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
