import type { GraphDocument } from '../../domain/graph/graph-document.ts';

/** What is said of a crew beside its files. */
export interface ImportOptions {
  /** What the graph shall be called; else as the crew calls itself. */
  name?: string | undefined;
  /** Which crew is meant where there are several: a folder, or a class under `@CrewBase`. */
  crew?: string | undefined;
  /** The folder the files come from: names the graph where nothing else does. */
  folder?: string | undefined;
}

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

/** A program, and which of its crews is meant. */
export interface ChosenProgram extends CrewFile {
  /** The class under `@CrewBase`; null where the crew is made without one. */
  className: string | null;
  /** Its other crews. */
  others: readonly string[];
}
