/** A history with its payloads spelled out. */
export const readableHistory = (history: unknown): string =>
  JSON.stringify(history).replaceAll(/"data":"([A-Za-z0-9+/=]+)"/g, (_match, text: string) =>
    Buffer.from(text, 'base64').toString('utf8'),
  );
