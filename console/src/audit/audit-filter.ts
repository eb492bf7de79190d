/** Which entries of the audit trail are shown, as the API takes it and as it stands in the address. */
export interface AuditFilter {
  actor_user_id?: string;
  action?: string;
  after?: string;
  before?: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The filter that an address holds; what the API would refuse is left out. */
export function filterOf(params: URLSearchParams): AuditFilter & Record<string, string> {
  const isMoment = (text: string): boolean => !Number.isNaN(Date.parse(text));
  const fits: Record<keyof AuditFilter, (text: string) => boolean> = {
    actor_user_id: (text) => UUID.test(text),
    action: (text) => text.length <= 100,
    after: isMoment,
    before: isMoment,
  };
  return Object.fromEntries(
    Object.entries(fits).flatMap(([name, isFit]) => {
      const text = params.get(name)?.trim() ?? '';
      return text !== '' && isFit(text) ? [[name, text]] : [];
    }),
  );
}
