/** What the bridge would make of a name: [a-z0-9-]{1,16}. */
export function toId(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 16)
    .replace(/-+$/, "");
}

export type NamedEntry = readonly [name: string, entry: unknown];

/** The entry of the server of this id, under the name that the configuration has for it: an id is made of that. */
export function namedEntry(servers: unknown, id: string): NamedEntry | undefined {
  const all = Object.entries(servers ?? {});
  return all.find(([name]) => name === id) ?? all.find(([name]) => toId(name) === id);
}
