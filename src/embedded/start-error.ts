/** A start that cannot go on for a reason the person at the terminal can do something about: shown without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The command line is wrong, or a setting is missing: before anything was begun. */
export class UsageError extends StartError {}
