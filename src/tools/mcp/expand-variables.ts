/** The environment as names and values; `src/config.ts` hands it in. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `${NAME}` or `${NAME:-default}`; `env:` before the name as some clients write it. */
const VARIABLE = /\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Fills `${NAME}` and `${NAME:-default}` into every text of a server's entry. As in a shell, a default also stands in for
 * an empty value; `${…}` of any other form stays as it is.
 *
 * @returns the entry filled in, and a problem for each variable that is not set, with the place of its text
 */
export function expandVariables<T>(entry: T, environment: Environment): { entry: T; problems: string[] } {
  const problems: string[] = [];
  const expandText = (text: string, place: string): string =>
    text.replaceAll(VARIABLE, (written: string, name: string, fallback: string | undefined) => {
      const value = environment[name];
      if (value !== undefined && (value !== '' || fallback === undefined)) return value;
      if (fallback !== undefined) return fallback;
      problems.push(
        `${place}: the environment variable ${name} is not set (\${${name}:-default} gives a default)`,
      );
      return written;
    });
  return { entry: walk(entry, '', expandText), problems };
}

type ExpandText = (text: string, place: string) => string;

/** Texts, lists and plain objects; everything else stays. */
function walk<V>(value: V, place: string, expandText: ExpandText): V;
function walk(value: unknown, place: string, expandText: ExpandText): unknown {
  if (typeof value === 'string') return expandText(value, place);
  if (Array.isArray(value))
    return value.map((item: unknown, index) => walk(item, `${place}[${index}]`, expandText));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, unknown] => [
      key,
      walk(item, place === '' ? key : `${place}.${key}`, expandText),
    ]),
  );
}
