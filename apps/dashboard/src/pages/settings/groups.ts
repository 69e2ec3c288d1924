import type { ConfigKey } from "../../api/generated.ts";

export interface Group {
  /** The first word of its keys: `http`, `policy`. */
  readonly name: string;
  readonly keys: readonly ConfigKey[];
}

export interface Wanted {
  /** Words of keys or of what they mean. */
  readonly find: string;
  /** Only what is not left to its default. */
  readonly own: boolean;
}

/** The settings that are wanted, by the first word of their keys. */
export function groupsOf(keys: readonly ConfigKey[], { find, own }: Wanted): Group[] {
  const words = find.toLowerCase().split(/\s+/);
  const fits = ({ key, meaning, source }: ConfigKey) =>
    !key.startsWith("$") &&
    (!own || source !== "default") &&
    words.every((word) => `${key} ${meaning}`.toLowerCase().includes(word));
  const groups = new Map<string, ConfigKey[]>();
  for (const each of keys.filter(fits)) {
    const [name = ""] = each.key.split(".");
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return [...groups].map(([name, within]) => ({ name, keys: within }));
}
