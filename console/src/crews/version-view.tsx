import { useMutation, useQuery } from '@tanstack/react-query';
import { diffLines } from 'diff';
import { useMemo, useState, type JSX } from 'react';
import { answer, answerWithTotal, api, queries, type GraphVersionSchema } from '../api/client.ts';
import { Moment } from '../design/figures.tsx';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { ErrorNote, Loading } from '../design/notes.tsx';
import { writeDocument } from './document.ts';
import { sideBySide, type Row } from './side-by-side.ts';
import './version-view.css';

/** The versions of a crew, two of them side by side, and the way back to one. */
export function VersionView({ id, latest }: { id: string; latest: number }): JSX.Element {
  const { page, query, showPage } = useListAddress();
  const [pair, setPair] = useState({ left: Math.max(1, latest - 1), right: latest });
  const versions = useQuery({
    queryKey: ['graph-versions', id, latest, query],
    queryFn: () =>
      answerWithTotal(
        api.GET('/api/v1/graphs/{graph_id}/versions', { params: { path: { graph_id: id }, query } }),
      ),
  });
  const restore = useMutation({
    mutationFn: (version: number) =>
      answer(
        api.POST('/api/v1/graphs/{graph_id}/versions/{version}/restore', {
          params: { path: { graph_id: id, version } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['graph', id] }),
  });
  return (
    <div className="stack">
      {restore.error !== null && <ErrorNote error={restore.error} />}
      <Listed query={versions} what="versions" page={page} onPage={showPage}>
        {(rows) => (
          <VersionTable
            versions={rows}
            pair={pair}
            latest={latest}
            onPair={setPair}
            onRestore={(version) => restore.mutate(version)}
          />
        )}
      </Listed>
      <Compared id={id} left={pair.left} right={pair.right} />
    </div>
  );
}

interface Pair {
  left: number;
  right: number;
}

const VersionTable = ({
  versions,
  pair,
  latest,
  onPair,
  onRestore,
}: {
  versions: readonly GraphVersionSchema[];
  pair: Pair;
  latest: number;
  onPair: (pair: Pair) => void;
  onRestore: (version: number) => void;
}): JSX.Element => (
  <div className="card">
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col">Saved</th>
          <th scope="col">Left</th>
          <th scope="col">Right</th>
          <th scope="col">Go back</th>
        </tr>
      </thead>
      <tbody>
        {versions.map(({ version, created_at: at }) => (
          <tr key={version}>
            <td data-label="Version">{version}</td>
            <td data-label="Saved">
              <Moment at={at} />
            </td>
            {(['left', 'right'] as const).map((side) => (
              <td key={side} data-label={side}>
                <input
                  type="radio"
                  name={side}
                  aria-label={`Version ${version} on the ${side}`}
                  checked={pair[side] === version}
                  onChange={() => onPair({ ...pair, [side]: version })}
                />
              </td>
            ))}
            <td>
              {version === latest ? (
                <span className="soft">the present one</span>
              ) : (
                <button type="button" className="button button--small" onClick={() => onRestore(version)}>
                  Restore {version}
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const useVersion = (id: string, version: number) =>
  useQuery({
    queryKey: ['graph-version', id, version],
    queryFn: () =>
      answer(
        api.GET('/api/v1/graphs/{graph_id}/versions/{version}', {
          params: { path: { graph_id: id, version } },
        }),
      ),
    staleTime: Infinity,
  });

function Compared({ id, left, right }: { id: string } & Pair): JSX.Element {
  const [before, after] = [useVersion(id, left), useVersion(id, right)];
  const rows = useMemo(
    () =>
      before.data === undefined || after.data === undefined
        ? undefined
        : sideBySide(
            diffLines(
              writeDocument(before.data.document, 'yaml'),
              writeDocument(after.data.document, 'yaml'),
            ),
          ),
    [before.data, after.data],
  );
  const error = before.error ?? after.error;
  if (error !== null) return <ErrorNote error={error} />;
  if (rows === undefined) return <Loading what="both versions" />;
  if (rows.every(({ isSame }) => isSame))
    return <p className="soft">{left === right ? 'One and the same version.' : 'They hold the same.'}</p>;
  return (
    <div className="card version-view" tabIndex={0} role="region" aria-label="Both versions side by side">
      <table>
        <thead>
          <tr>
            <th scope="col">Version {left}</th>
            <th scope="col">Version {right}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <Line key={index} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Line = ({ row: { left, right, isSame } }: { row: Row }): JSX.Element => (
  <tr>
    <td className={isSame || left === null ? undefined : 'version-view__gone'}>{left}</td>
    <td className={isSame || right === null ? undefined : 'version-view__new'}>{right}</td>
  </tr>
);
