/** What a schedule hands to the workflow it starts: an id, and nothing of what is run. */
export interface ScheduledStartInput {
  scheduleId: string;
}

/** One nominal time of a schedule. */
export interface FireRef extends ScheduledStartInput {
  /** ISO 8601, UTC. */
  nominalAt: string;
}
