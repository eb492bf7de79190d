import { useMutation } from '@tanstack/react-query';
import { useId, useState, type JSX } from 'react';
import { Link } from 'wouter';
import { queries } from '../api/client.ts';
import { Commands } from '../design/commands.tsx';
import { Dialog } from '../design/dialog.tsx';
import { ErrorNote } from '../design/notes.tsx';
import { createGraph, importFiles, importZip } from './crew-api.ts';
import { readDocument } from './document.ts';

/** What became of an import. */
interface Imported {
  id: string;
  name: string;
  warnings: readonly { path: string; message: string }[];
}

/** Files a crew may consist of; what else lies in a folder is not read. */
const READABLE = /\.(ya?ml|py|jsonc?)$/i;
/** Folders of tools and of installed packages. */
const PASSED_OVER = /(^|\/)(\.[^/]+|__pycache__|node_modules|site-packages|venv)\//;
const MOST_FILES = 200;

/** A graph of this API as a file, else the text or zip of a CrewAI project. @throws what is wrong, in words */
async function importAll(files: readonly File[]): Promise<Imported> {
  const [first] = files;
  if (first === undefined) throw new Error('Choose a file first');
  if (files.length === 1 && /\.zip$/i.test(first.name)) {
    const { graph, warnings } = await importZip(first);
    return { id: graph.id, name: graph.name, warnings };
  }
  if (files.length === 1 && /\.json$/i.test(first.name)) {
    const { document, error } = readDocument(await first.text());
    if (document === null) throw new Error(`${first.name}: ${error.message}`);
    const { id, name } = await createGraph(document);
    return { id, name, warnings: [] };
  }
  const readable = files.filter(
    ({ name, webkitRelativePath }) => READABLE.test(name) && !PASSED_OVER.test(webkitRelativePath),
  );
  if (readable.length > MOST_FILES)
    throw new Error(`${readable.length} files are more than a crew: choose its folder`);
  const texts = await Promise.all(
    readable.map(async (file) => [file.webkitRelativePath || file.name, await file.text()] as const),
  );
  const { graph, warnings } = await importFiles(Object.fromEntries(texts));
  return { id: graph.id, name: graph.name, warnings };
}

/** Makes a crew of a CrewAI project, or of a graph that was taken away as a file. */
export function ImportButton(): JSX.Element {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" className="button" onClick={() => setIsOpen(true)}>
        Import
      </button>
      {isOpen && <ImportDialog onClose={() => setIsOpen(false)} />}
    </>
  );
}

function ImportDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const [files, setFiles] = useState<readonly File[]>([]);
  const folder = useId();
  const load = useMutation({
    mutationFn: () => importAll(files),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['graphs'] }),
  });
  const take = (chosen: FileList | null): void => {
    load.reset();
    setFiles([...(chosen ?? [])]);
  };
  return (
    <Dialog title="Import a crew" onClose={onClose}>
      <label className="field">
        <span className="field__label">Files</span>
        <input
          className="input"
          type="file"
          multiple
          accept=".zip,.yaml,.yml,.json,.jsonc,.py"
          onChange={({ target }) => take(target.files)}
        />
        <span className="field__help">
          A CrewAI project as a zip, its <code>agents.yaml</code> and <code>tasks.yaml</code>, or a graph as
          JSON
        </span>
      </label>
      <label className="field" htmlFor={folder}>
        <span className="field__label">Or a folder</span>
        <input
          id={folder}
          className="input"
          type="file"
          ref={(input) => input?.setAttribute('webkitdirectory', '')}
          onChange={({ target }) => take(target.files)}
        />
      </label>
      {load.error !== null && <ErrorNote error={load.error} />}
      {load.data !== undefined && <ImportReport imported={load.data} />}
      <div className="dialog__foot">
        <Commands
          calls={[
            {
              title: 'import',
              method: 'POST',
              path: '/graphs/import',
              body: { files: { 'config/agents.yaml': '…', 'config/tasks.yaml': '…' } },
              muster: 'muster graphs import my-crew/',
            },
          ]}
        />
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
        <button
          type="button"
          className="button button--primary"
          disabled={files.length === 0 || load.isPending || load.isSuccess}
          onClick={() => load.mutate()}
        >
          Import
        </button>
      </div>
    </Dialog>
  );
}

const ImportReport = ({ imported: { id, name, warnings } }: { imported: Imported }): JSX.Element => (
  <div className={`note ${warnings.length === 0 ? 'note--good' : 'note--warn'}`} role="status">
    <strong>
      <Link href={`/crews/${id}`}>{name === '' ? 'The crew' : name}</Link> is imported.
    </strong>
    {warnings.length > 0 && (
      <ul>
        {warnings.map(({ path, message }) => (
          <li key={`${path} ${message}`}>
            <code>{path}</code> {message}
          </li>
        ))}
      </ul>
    )}
  </div>
);
