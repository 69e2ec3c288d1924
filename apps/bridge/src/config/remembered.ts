import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import {
  type AskedEntry,
  type CheckedEntry,
  type ConfigChecks,
  type EntryKind,
  REFERRING,
} from "./checks.ts";
import type { BridgeSettings } from "./schema.ts";

/**
 * What the schema said of a file, for the next start: loading it takes longer than all the rest. It holds
 * what the file holds, with defaults put in; what references stand for is looked up at every start.
 */
export interface Remembered {
  readonly settings: BridgeSettings;
  readonly entries: Readonly<Record<string, RememberedEntry>>;
  /** Lines of the file that were asked for, by their keys. */
  readonly lines: Readonly<Record<string, number>>;
}

interface RememberedEntry {
  readonly kind: EntryKind;
  /** In the order in which the schema gave them; those with references have their values from the file. */
  readonly keys: readonly string[];
  readonly values: JsonObject;
  readonly reports: readonly Report[];
}

type Report = Parameters<AskedEntry["report"]>;

/** The schema has to be asked. */
export class UnrememberedError extends Error {
  override readonly name = "UnrememberedError";
}

/** Checks as the given ones; `remembered` tells what they said, once all was asked. */
export function recordChecks(checks: ConfigChecks) {
  const entries: Record<string, RememberedEntry> = {};
  const lines: Record<string, number> = {};
  let settings: BridgeSettings | undefined;
  const recorder: ConfigChecks = {
    file(asked) {
      const file = checks.file(asked);
      ({ settings } = file);
      const { document } = file;
      if (!document) return file;
      const lineOf: typeof document.lineOf = (keys) => {
        const line = document.lineOf(keys);
        lines[JSON.stringify(keys)] = line;
        return line;
      };
      return { settings, document: { ...document, lineOf } };
    },
    entry(asked) {
      const reports: Report[] = [];
      const report: AskedEntry["report"] = (...said) => {
        reports.push(said);
        asked.report(...said);
      };
      const entry = checks.entry({ ...asked, report });
      if (entry) entries[asked.name] = { kind: asked.kind, ...withoutReferring(entry), reports };
      return entry;
    },
  };
  return {
    checks: recorder,
    /** Nothing where JSON cannot hold it. */
    remembered(): Remembered | undefined {
      const said = { settings, entries, lines };
      const again: unknown = JSON.parse(JSON.stringify(said));
      return settings && isDeepStrictEqual(again, said) ? (said as Remembered) : undefined;
    },
  };
}

function withoutReferring(entry: CheckedEntry) {
  const given = Object.entries(entry).filter(([, value]) => value !== undefined);
  const values = given.filter(([key]) => !REFERRING.includes(key));
  return { keys: given.map(([key]) => key), values: Object.fromEntries(values) as JsonObject };
}

/** The checks as they were said; what was not said, and what may be otherwise now, throws `UnrememberedError`. */
export function rememberedChecks({ settings, entries, lines }: Remembered): ConfigChecks {
  return {
    file({ text, path }) {
      if (text === undefined) return { settings };
      return {
        settings,
        document: {
          path,
          lineOf(keys) {
            const line = lines[JSON.stringify(keys)];
            if (line === undefined) throw new UnrememberedError("a line that was not asked for");
            return line;
          },
        },
      };
    },
    entry({ name, kind, entry, report }) {
      const known = Object.hasOwn(entries, name) ? entries[name] : undefined;
      if (known?.kind !== kind) throw new UnrememberedError("an entry that was not there");
      const checked = known.keys.map((key) => {
        if (!REFERRING.includes(key)) return [key, known.values[key]];
        if (!isStillGood(key, entry[key])) throw new UnrememberedError("another value");
        return [key, entry[key]];
      });
      for (const said of known.reports) report(...said);
      return Object.fromEntries(checked) as CheckedEntry;
    },
  };
}

/** Of a value whose references may stand for something else now: it is a text as it was, but which one? */
function isStillGood(key: string, value: unknown): boolean {
  if (key === "command" || key === "embedded") return typeof value === "string" && value !== "";
  if (key === "replicas") return Array.isArray(value) && value.every(isAddress);
  return key === "url" ? isAddress(value) : value !== undefined;
}

function isAddress(value: unknown): boolean {
  return typeof value === "string" && /^https?:\/\/\S+$/i.test(value) && URL.canParse(value);
}

/** Has a value the form of what was remembered? Whoever could write it could write the file as well. */
export function isRemembered(value: unknown): value is Remembered {
  return (
    isJsonObject(value) &&
    isJsonObject(value.settings) &&
    isJsonObject(value.entries) &&
    isJsonObject(value.lines)
  );
}
