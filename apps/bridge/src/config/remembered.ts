import { isDeepStrictEqual } from "node:util";
import { isJsonObject } from "@trestle/protocol";
import { type Additions, additionsTo, readGoodJson, withAdditions } from "./additions.ts";
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
 * what the schema added; what the file says, and what its references stand for, is read at every start.
 */
export interface Remembered {
  /** To the value of the file; nothing where it is as it should be. */
  readonly settings?: Additions;
  readonly entries: Readonly<Record<string, RememberedEntry>>;
  /** Lines of the file that were asked for, by their keys. */
  readonly lines: Readonly<Record<string, number>>;
}

interface RememberedEntry {
  readonly kind: EntryKind;
  /** Those that the schema kept. */
  readonly keys: readonly string[];
  /** To the entry, once its references were replaced. */
  readonly added?: Additions;
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
  let settings: Additions | undefined;
  let isFit = false;
  const recorder: ConfigChecks = {
    file(asked) {
      const file = checks.file(asked);
      const { document } = file;
      try {
        const from = writtenIn(asked.text);
        settings = additionsTo(from, file.settings);
        isFit = isDeepStrictEqual(withAdditions(from, settings), file.settings);
      } catch {
        isFit = false;
      }
      if (!document) return file;
      const lineOf: typeof document.lineOf = (keys) => {
        const line = document.lineOf(keys);
        lines[JSON.stringify(keys)] = line;
        return line;
      };
      return { ...file, document: { ...document, lineOf } };
    },
    entry(asked) {
      const reports: Report[] = [];
      const report: AskedEntry["report"] = (...said) => {
        reports.push(said);
        asked.report(...said);
      };
      const entry = checks.entry({ ...asked, report });
      if (entry) {
        const keys = Object.keys(entry);
        const added = additionsTo(pick(asked.entry, keys), entry);
        entries[asked.name] = { kind: asked.kind, keys, ...(added && { added }), reports };
      }
      return entry;
    },
  };
  return {
    checks: recorder,
    /** Nothing where JSON cannot hold it. */
    remembered(): Remembered | undefined {
      const said = { ...(settings && { settings }), entries, lines };
      const again: unknown = JSON.parse(JSON.stringify(said));
      return isFit && isDeepStrictEqual(again, said) ? said : undefined;
    },
  };
}

function writtenIn(text: string | undefined): unknown {
  return text === undefined ? {} : readGoodJson(text);
}

/** Of an object, those that are there. */
function pick(from: Readonly<Record<string, unknown>>, keys: readonly string[]): object {
  return Object.fromEntries(
    keys.filter((key) => Object.hasOwn(from, key)).map((key) => [key, from[key]]),
  );
}

/** The checks as they were said; what was not said, and what may be otherwise now, throws `UnrememberedError`. */
export function rememberedChecks({ settings, entries, lines }: Remembered): ConfigChecks {
  return {
    file({ text, path }) {
      const value = withAdditions(writtenIn(text), settings) as BridgeSettings;
      if (text === undefined) return { settings: value };
      return {
        settings: value,
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
      for (const key of REFERRING) {
        if (known.keys.includes(key) && !isStillGood(key, entry[key])) {
          throw new UnrememberedError("another value");
        }
      }
      for (const said of known.reports) report(...said);
      return withAdditions(pick(entry, known.keys), known.added) as CheckedEntry;
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
    (value.settings === undefined || isJsonObject(value.settings)) &&
    isJsonObject(value.entries) &&
    isJsonObject(value.lines)
  );
}
