/** A record on its way from one form to another: any JSON object. */
export type Row = Readonly<Record<string, unknown>>;

/** The value at `error.message`; undefined where there is none. A name with a dot in it is found, too. */
export function valueAt(row: Row, path: string): unknown {
  if (Object.hasOwn(row, path)) return row[path];
  const [first, rest] = split(path);
  if (rest === undefined || !Object.hasOwn(row, first)) return undefined;
  const inner = row[first];
  return isRow(inner) ? valueAt(inner, rest) : undefined;
}

/** A copy with that value there; undefined takes it away. What lies between is made where it is missing. */
export function withValue(row: Row, path: string, value: unknown): Row {
  const [first, rest] = split(path);
  if (rest === undefined || Object.hasOwn(row, path)) return put(row, path, value);
  const inner = Object.hasOwn(row, first) ? row[first] : undefined;
  if (value === undefined && !isRow(inner)) return row;
  return put(row, first, withValue(isRow(inner) ? inner : {}, rest, value));
}

export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every plain value by its path, for forms that know no objects: `{ "error.message": … }`. */
export function flattened(row: Row, before = ""): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (isRow(value) && Object.keys(value).length > 0) {
      Object.assign(flat, flattened(value, `${before}${name}.`));
    } else flat[`${before}${name}`] = value;
  }
  return flat;
}

function split(path: string): [string, string | undefined] {
  const dot = path.indexOf(".");
  return dot < 0 ? [path, undefined] : [path.slice(0, dot), path.slice(dot + 1)];
}

/** `__proto__` is a name as any other. */
function put(row: Row, name: string, value: unknown): Row {
  const entries = Object.entries(row).filter(([other]) => other !== name);
  if (value === undefined) return Object.fromEntries(entries);
  const at = Object.keys(row).indexOf(name);
  entries.splice(at < 0 ? entries.length : at, 0, [name, value]);
  return Object.fromEntries(entries);
}
