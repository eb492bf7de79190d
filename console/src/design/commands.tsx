import type { JSX } from 'react';
import { CopyButton } from './copy.tsx';
import './commands.css';

/** One action of the page, as a request. */
export interface ShownCall {
  title: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`. */
  path: string;
  body?: unknown;
  /** The same with the command line, where it has a word for it. */
  muster?: string;
}

/** A word for a shell, taken as it is. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The request as one writes it in a shell; the key comes from the environment. */
export function curlOf({ method, path, body }: ShownCall): string {
  const parts = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${shellQuoted(`${window.location.origin}/api/v1${path}`)}`,
    '-H "Authorization: Bearer $MUSTER_API_KEY"',
  ];
  if (body !== undefined)
    parts.push("-H 'Content-Type: application/json'", `-d ${shellQuoted(JSON.stringify(body))}`);
  return parts.join(' \\\n  ');
}

/** What the buttons beside it do, as curl and as a command. */
export const Commands = ({ calls }: { calls: readonly ShownCall[] }): JSX.Element => (
  <details className="commands">
    <summary aria-label="The same by curl and command line">&lt;/&gt; curl</summary>
    <div>
      {calls.map((call) => (
        <section key={call.title} className="stack">
          <div className="row spread">
            <h3>{call.title}</h3>
            <CopyButton text={curlOf(call)} label="Copy curl" />
          </div>
          <pre className="code-block">{curlOf(call)}</pre>
          {call.muster !== undefined && <pre className="code-block">{call.muster}</pre>}
        </section>
      ))}
    </div>
  </details>
);
