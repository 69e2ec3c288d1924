import type { ConfigDocument, KeyPath } from "./document.ts";
import type { BridgeSettings, EmbeddedEntry, HttpEntry, StdioEntry } from "./schema.ts";

/** What tells a good configuration from a bad one: the schema, or what is remembered of its word. */
export interface ConfigChecks {
  /** Throws `invalid_config`. */
  file(asked: AskedFile): CheckedFile;
  /** Of one entry of `mcpServers` with its references replaced; nothing where it was reported as bad. */
  entry(asked: AskedEntry): CheckedEntry | undefined;
}

export interface AskedFile {
  /** Absent where there is no file: asked is what holds then. */
  readonly text: string | undefined;
  readonly path: string;
  /** The bridge's home. */
  readonly home: string;
}

export interface CheckedFile {
  readonly settings: BridgeSettings;
  /** Absent where there is no file. */
  readonly document?: Pick<ConfigDocument, "path" | "lineOf">;
}

export type EntryKind = "stdio" | "http" | "embedded";
export type CheckedEntry = StdioEntry | HttpEntry | EmbeddedEntry;

export interface AskedEntry {
  readonly name: string;
  readonly kind: EntryKind;
  readonly entry: Readonly<Record<string, unknown>>;
  readonly report: ReportProblem;
}

/** Tells of something about one entry; the path leads from the entry to the key. */
export type ReportProblem = (level: "warning" | "error", message: string, path?: KeyPath) => void;

/** The keys of an entry in which references are replaced. */
export const REFERRING: readonly string[] = [
  ...["command", "args", "env", "cwd", "url", "replicas", "headers", "oauth", "embedded"],
];
