import type { GraphDocument } from '../../domain/graph/graph-document.ts';

/** What became of a crew's files. */
export interface ImportedCrew {
  document: GraphDocument;
  /** What could not be read or was left out, each with where it stands. */
  warnings: ImportWarning[];
}

export interface ImportWarning {
  /** `file:line:column`, `file:line`, or the file. */
  path: string;
  message: string;
}

/** One text of the upload. */
export interface CrewFile {
  path: string;
  text: string;
}
