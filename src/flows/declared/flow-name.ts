/** Names of declared flows: as executions have them, and as paths do. */

const NAME = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;

/**
 * `ResearchReviewFlow`, `research-review` or `Research review` → `research_review_flow`, `research_review`.
 * @returns null when no name can be made of it
 */
export function flowNameOf(written: string): string | null {
  const name = written
    .trim()
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replaceAll(/[\s_-]+/g, '_')
    .toLowerCase();
  return NAME.test(name) ? name : null;
}
