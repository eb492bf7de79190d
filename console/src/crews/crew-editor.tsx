import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useRef, useState, type JSX, type RefObject } from 'react';
import { ApiError, type GraphValidationSchema } from '../api/client.ts';
import type { JsonObject } from '../design/json.ts';
import { useDebounced } from '../design/hooks.ts';
import { ErrorNote, issuesOf, Loading } from '../design/notes.tsx';
import { validate } from './crew-api.ts';
import {
  nodesOf,
  NODE_TYPES,
  readDocument,
  withEdge,
  withNode,
  writeDocument,
  type Format,
  type ReadDocument,
  type Span,
} from './document.ts';
import './crew-editor.css';

const CrewDrawing = lazy(() => import('./crew-drawing.tsx'));

/** One thing that is wrong, and where. */
interface Fault {
  message: string;
  path: string;
  nodeId: string | null;
  isWarning: boolean;
}

/** The text of a graph beside its drawing; both are one document, and what is wrong is said while one types. */
export function CrewEditor({
  text,
  format,
  onText,
  onFormat,
}: {
  text: string;
  format: Format;
  onText: (text: string) => void;
  onFormat: (format: Format) => void;
}): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null);
  const read = useMemo(() => readDocument(text), [text]);
  // While a text cannot be read the last drawing stays.
  const [drawn, setDrawn] = useState<JsonObject>({});
  if (read.document !== null && read.document !== drawn) setDrawn(read.document);
  const { faults, isChecking, error } = useFaults(text, read);
  const perNode = useMemo(() => countByNode(faults), [faults]);
  const change = (document: JsonObject): void => onText(writeDocument(document, format));
  const turn = (next: Format): void => {
    if (read.document !== null) onText(writeDocument(read.document, next));
    onFormat(next);
  };
  const goTo = (span: Span | null): void => show(field, span);
  const goToNode = (id: string): void => {
    if (read.document === null) return;
    const index = nodesOf(read.document).findIndex((node) => node.id === id);
    goTo(read.placeOf(`/nodes/${index}`));
  };
  return (
    <div className="crew-editor">
      <div className="stack">
        <Toolbar document={read.document} format={format} onChange={change} onTurn={turn} />
        <label>
          <span className="visually-hidden">The crew as text</span>
          <textarea
            ref={field}
            className="input code crew-editor__text"
            spellCheck={false}
            wrap="off"
            value={text}
            aria-invalid={read.document === null || faults.some(({ isWarning }) => !isWarning)}
            aria-describedby="crew-faults"
            onChange={({ target }) => onText(target.value)}
          />
        </label>
      </div>
      <div className="stack">
        <Suspense fallback={<Loading what="the drawing" />}>
          <CrewDrawing
            document={drawn}
            faults={perNode}
            onChoose={goToNode}
            onConnect={(source, target) => change(withEdge(drawn, source, target))}
          />
        </Suspense>
        <div id="crew-faults" className="stack" role="status">
          {read.document === null ? (
            <FaultLine
              message={read.error.message}
              line={read.error.span?.line ?? null}
              onGo={() => goTo(read.error.span)}
            />
          ) : (
            <Faults faults={faults} read={read} isChecking={isChecking} goTo={goTo} />
          )}
          {error !== null && <ErrorNote error={error} />}
        </div>
      </div>
    </div>
  );
}

/** Adds nodes, and turns the text into the other notation. @param document null while the text cannot be read */
const Toolbar = ({
  document,
  format,
  onChange,
  onTurn,
}: {
  document: JsonObject | null;
  format: Format;
  onChange: (document: JsonObject) => void;
  onTurn: (format: Format) => void;
}): JSX.Element => {
  const hasCrew = document !== null && nodesOf(document).some(({ type }) => type === 'crew');
  return (
    <div className="row spread">
      <div className="row" role="group" aria-label="Add to the crew">
        {NODE_TYPES.map((type) => (
          <button
            key={type}
            type="button"
            className="button button--small"
            disabled={document === null || (type === 'crew' && hasCrew)}
            onClick={() => document !== null && onChange(withNode(document, type))}
          >
            + {type}
          </button>
        ))}
      </div>
      <label className="row">
        <span className="visually-hidden">Notation</span>
        <select
          className="input button--small"
          value={format}
          disabled={document === null}
          onChange={({ target }) => onTurn(target.value === 'yaml' ? 'yaml' : 'json')}
        >
          <option value="json">JSON</option>
          <option value="yaml">YAML</option>
        </select>
      </label>
    </div>
  );
};

/** Selects a place and brings it into view. */
function show(field: RefObject<HTMLTextAreaElement | null>, span: Span | null): void {
  const text = field.current;
  if (text === null || span === null) return;
  text.focus();
  text.setSelectionRange(span.from, span.to);
  const lineHeight = text.scrollHeight / Math.max(1, text.value.split('\n').length);
  text.scrollTop = Math.max(0, (span.line - 4) * lineHeight);
}

/** What the API says is wrong with the document, once one has stopped typing for a moment. */
function useFaults(text: string, read: ReadDocument) {
  const settled = useDebounced(text, 350);
  const checked = useQuery({
    queryKey: ['graph-validation', settled],
    queryFn: () => {
      const { document } = readDocument(settled);
      return document === null ? null : validate(document);
    },
    enabled: read.document !== null,
    staleTime: Infinity,
    gcTime: 10_000,
  });
  const refused = checked.error instanceof ApiError && checked.error.status === 422 ? checked.error : null;
  const faults = useMemo(
    () => (refused === null ? faultsOf(checked.data ?? null) : faultsOfRefusal(refused)),
    [checked.data, refused],
  );
  return {
    faults,
    isChecking: checked.isFetching || settled !== text,
    error: refused === null ? checked.error : null,
  };
}

const faultsOf = (validation: GraphValidationSchema | null): Fault[] => {
  const { errors = [], warnings = [] } = validation ?? {};
  const told = (found: GraphValidationSchema['errors'], isWarning: boolean): Fault[] =>
    found.map(({ message, path, node_id: nodeId }) => ({ message, path, nodeId: nodeId ?? null, isWarning }));
  return [...told(errors, false), ...told(warnings, true)];
};

/** A document that has not even the shape of a graph. */
const faultsOfRefusal = (error: ApiError): Fault[] => {
  const issues = issuesOf(error);
  if (issues.length === 0) return [{ message: error.message, path: '', nodeId: null, isWarning: false }];
  return issues.map(({ path, message }) => ({ message, path, nodeId: null, isWarning: false }));
};

function countByNode(faults: readonly Fault[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { nodeId, isWarning } of faults)
    if (nodeId !== null && !isWarning) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
  return counts;
}

function Faults({
  faults,
  read,
  isChecking,
  goTo,
}: {
  faults: readonly Fault[];
  read: Extract<ReadDocument, { error: null }>;
  isChecking: boolean;
  goTo: (span: Span | null) => void;
}): JSX.Element {
  const wrong = faults.filter(({ isWarning }) => !isWarning).length;
  return (
    <>
      <strong className={wrong > 0 ? 'crew-editor__wrong' : 'crew-editor__right'}>
        {isChecking ? 'Looking …' : wrong > 0 ? `${wrong} at fault` : 'Valid'}
      </strong>
      {faults.map(({ message, path, isWarning }) => {
        const span = read.placeOf(path);
        return (
          <FaultLine
            key={`${path} ${message}`}
            message={message}
            path={path}
            line={span?.line ?? null}
            isWarning={isWarning}
            onGo={() => goTo(span)}
          />
        );
      })}
    </>
  );
}

const FaultLine = ({
  message,
  path = '',
  line,
  isWarning = false,
  onGo,
}: {
  message: string;
  path?: string;
  line: number | null;
  isWarning?: boolean;
  onGo: () => void;
}): JSX.Element => (
  <div className={`note crew-editor__fault ${isWarning ? 'note--warn' : 'note--bad'}`}>
    <span>
      {path !== '' && <code>{path}</code>} {message}
    </span>
    {line !== null && (
      <button type="button" className="button button--small" onClick={onGo}>
        Line {line}
      </button>
    )}
  </div>
);
