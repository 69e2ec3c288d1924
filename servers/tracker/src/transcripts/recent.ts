/** The last so many entries by key, as JSON between two readers of the same file. */
export interface Recent<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  entries(): readonly (readonly [string, Value])[];
}

export function createRecent<Value>(
  most: number,
  entries: readonly (readonly [string, Value])[] = [],
): Recent<Value> {
  // What was remembered may be of another release.
  const pairs: readonly (readonly [string, Value])[] = Array.isArray(entries) ? entries : [];
  const values = new Map(pairs.filter((pair) => Array.isArray(pair)));
  return {
    get: (key) => values.get(key),
    set: (key, value) => {
      values.delete(key);
      values.set(key, value);
      const [oldest] = values.keys();
      if (values.size > most && oldest !== undefined) values.delete(oldest);
    },
    delete: (key) => {
      values.delete(key);
    },
    entries: () => [...values],
  };
}

/** What was remembered, or `otherwise` where it was of another release or is broken. */
export function parseMemory<Memory extends object>(text: string, otherwise: Memory): Memory {
  if (text === "") return otherwise;
  try {
    const value = JSON.parse(text) as Memory | null;
    return typeof value === "object" && value !== null ? { ...otherwise, ...value } : otherwise;
  } catch {
    return otherwise;
  }
}
