/** Thrown when a flow cannot be taken: the start ends with these words. */
export class FlowError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FlowError';
  }
}
