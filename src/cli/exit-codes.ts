/** How `muster` and `npm run crew` end, for scripts. Documented in the README. */
export const EXIT = {
  /** The run completed, or what was asked for was done. */
  ok: 0,
  /** The run failed, or its state forbids what was asked. */
  failed: 1,
  /** The command line, a file named on it, a setting, or the crew's inputs are wrong. */
  usage: 2,
  /** No credential, or one the server does not take. */
  auth: 3,
  /** There is no such crew or execution. */
  notFound: 4,
  /** The run was cancelled. */
  cancelled: 5,
  /** `--timeout` was over before the run was; it goes on. */
  timedOut: 6,
  /** The server cannot be reached or cannot answer now. */
  away: 7,
  /** Ctrl-C: the run goes on without us. */
  detached: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a message for a person, without a stack. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The server takes what was sent for wrong and says where. */
export class Refused extends CliError {
  override readonly name = 'Refused';
  /** JSON pointers into what was sent, and what is wrong there; perhaps none. */
  readonly issues: readonly { path: string; message: string }[];

  constructor(message: string, issues: readonly { path: string; message: string }[]) {
    super(EXIT.usage, message);
    this.issues = issues;
  }
}

/** The server does not answer, or says that it cannot at the moment: trying again makes sense. */
export class ServerAway extends CliError {
  override readonly name = 'ServerAway';
  /** What the server asks to wait, if it said so. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { retryAfterMs?: number | undefined; cause?: unknown } = {}) {
    super(EXIT.away, message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}
