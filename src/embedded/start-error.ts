/** A start that cannot go on for a reason the person at the terminal can do something about: shown without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
