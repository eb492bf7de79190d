/** What is offered instead of a name that nothing has. */
export const listed = (names: readonly string[]): string =>
  names.length === 0 ? 'there is none' : `there are: ${names.join(', ')}`;

/** Said of a tool that nobody offers. */
export const unknownTool = (name: string, offered: readonly string[]): string =>
  `no tool is called "${name}"; ${listed(offered)}`;
