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
  /** It takes a person's access token: an API key may not do it. */
  refusesKeys?: boolean;
  /** The same with the command line, where it has a word for it. */
  muster?: string;
}

/** One word of a shell, whatever it holds. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The request as one writes it in a shell; the credential comes from the environment. */
function curlOf({ method, path, body, refusesKeys = false }: ShownCall): string {
  const parts = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(`${window.location.origin}/api/v1${path}`)}`,
    `-H "Authorization: Bearer ${refusesKeys ? '$ACCESS_TOKEN' : '$MUSTER_API_KEY'}"`,
  ];
  if (body !== undefined)
    parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
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
            <strong>{call.title}</strong>
            <CopyButton text={curlOf(call)} label="Copy curl" />
          </div>
          <pre className="code-block">{curlOf(call)}</pre>
          {call.muster !== undefined && <pre className="code-block">{call.muster}</pre>}
        </section>
      ))}
    </div>
  </details>
);
