import type { Config } from "../../config/load.ts";
import type { PinMode, PinRules } from "./judge.ts";

/** How each server is held to its pins. */
export interface AllRules {
  of(server: string): PinRules;
  /** Servers whose definitions may be withheld. */
  readonly strict: ReadonlySet<string>;
}

export function rulesOf({ servers, catalog }: Pick<Config, "servers" | "catalog">): AllRules {
  const { scan } = catalog;
  const modes = new Map(
    servers.map(({ id, kind, entry }): [string, PinMode] => [
      id,
      // A mounted server is code of this process: its words are the least that it could change.
      entry.pins ?? (kind === "embedded" ? "off" : catalog.pins),
    ]),
  );
  const isStrict = (mode: PinMode): boolean =>
    mode === "block" || mode === "quarantine" || (mode === "warn" && scan === "block");
  return {
    of: (server) => ({ mode: modes.get(server) ?? "off", scan }),
    strict: new Set([...modes].filter(([, mode]) => isStrict(mode)).map(([id]) => id)),
  };
}
