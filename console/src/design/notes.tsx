import type { JSX, ReactNode } from 'react';
import { ApiError } from '../api/client.ts';

/** What the API says is wrong, with the places it names. */
export function ErrorNote({ error, again }: { error: Error; again?: (() => void) | undefined }): JSX.Element {
  const issues = error instanceof ApiError ? issuesOf(error) : [];
  return (
    <div className="note note--bad" role="alert">
      <strong>
        {error instanceof ApiError ? error.message : `The server cannot be reached: ${error.message}`}
      </strong>
      {issues.length > 0 && (
        <ul>
          {issues.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {again !== undefined && (
        <div>
          <button type="button" className="button button--small" onClick={again}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}

/** One thing of a request or document that is wrong. */
export interface Issue {
  path: string;
  message: string;
}

/** The `details.issues` of a 422. */
export function issuesOf(error: ApiError): Issue[] {
  const issues: unknown = error.details['issues'];
  return Array.isArray(issues) ? issues.filter(isIssue) : [];
}

const isIssue = (value: unknown): value is Issue =>
  typeof value === 'object' &&
  value !== null &&
  'path' in value &&
  'message' in value &&
  typeof value.path === 'string' &&
  typeof value.message === 'string';

/** Said where a list has nothing, with what to do about it. */
export const Empty = ({ title, children }: { title: string; children?: ReactNode }): JSX.Element => (
  <div className="empty">
    <h2>{title}</h2>
    {children}
  </div>
);

/** Said while something is on its way. */
export const Loading = ({ what }: { what: string }): JSX.Element => (
  <p className="empty" role="status">
    Loading {what} …
  </p>
);
