/**
 * What crosses the border between the delivery workflow and its activity: it lands in Temporal's history, so it is ids
 * and times only.
 */

/** The only argument of the delivery workflow. */
export interface DeliveryInput {
  /** The UUID of a row of `delivery_endpoints`. */
  endpointId: string;
}

/** What is to be done next: go on at once, look again after a while, or nothing until somebody says so. */
export type DeliveryProgress = { kind: 'more' } | { kind: 'wait'; delayMs: number } | { kind: 'idle' };
