/** One server-sent event. `id:` carries the seq, so that a browser reconnects where it stood. */
export function sseFrame(event: string, data: unknown, id?: number | string): Buffer {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return Buffer.from(`${idLine}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
