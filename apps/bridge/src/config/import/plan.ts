import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { type Adoption, createAdoption, readHostEntry } from "./adopt.ts";
import { checkWritable, readWhole, targetOf } from "./atomic-file.ts";
import { type BridgeFile, withServers } from "./bridge-file.ts";
import type { Host, HostFile, HostSection, StdioStart } from "./host.ts";
import { changeSection, readSection, sectionText } from "./host-text.ts";
import type { Change } from "./json-edit.ts";
import type { Machine } from "./machine.ts";
import type { OriginalRecord } from "./originals.ts";
import { entriesOf, isOwnEntry, isSameHome, leadsHere, type OwnTraces } from "./own-entry.ts";
import { type LiteralSecret, literalSecrets } from "./secrets.ts";

export interface ImportParts {
  readonly hosts: readonly Host[];
  readonly machine: Machine;
  readonly bridge: BridgeFile;
  readonly traces: OwnTraces;
  readonly start: StdioStart;
  /** Addresses at which a person has to sign in. */
  readonly signIn?: ReadonlySet<string>;
  /** Hosts keep their own entries; the bridge only learns of them. */
  readonly keepHosts: boolean;
  /** Files of the project, which others share, are taken over, too. */
  readonly withProject: boolean;
  /** Hosts get the bridge even where they had no servers. */
  readonly connect: boolean;
  /** Only these servers are looked at; without it all of them. The others stay as they are. */
  readonly isChosen?: (host: Host, file: HostFile, name: string) => boolean;
}

/** What became of one entry of a host. */
export interface Finding {
  readonly host: Host;
  readonly file: HostFile;
  readonly name: string;
  /** `own`: it is a bridge itself; `shared`: it is the project's, and nobody asked for those. */
  readonly outcome: "added" | "known" | "left" | "own" | "shared";
  readonly id?: string;
  readonly notes: readonly string[];
  /** As the host has it: it may hold secrets. */
  readonly raw: JsonValue;
}

export interface HostChange {
  readonly host: Host;
  readonly file: HostFile;
  /** Nothing where the file is not there yet. */
  readonly before: string | undefined;
  readonly after: string;
  readonly records: readonly OriginalRecord[];
}

export interface ImportPlan {
  /** The bridge's configuration, changed or not. */
  readonly bridge: {
    readonly path: string;
    readonly before: string | undefined;
    readonly after: string;
  };
  /** The entries that are new in it. */
  readonly added: JsonObject;
  readonly hosts: readonly HostChange[];
  readonly findings: readonly Finding[];
  /** What kept a file from being read or written. It is left as it is. */
  readonly problems: readonly unknown[];
  readonly secrets: readonly (LiteralSecret & { readonly server: string })[];
}

/** The name that the bridge goes by in a host. */
export const BRIDGE_NAME = "trestle";

export type ReadHosts = Pick<ImportPlan, "added" | "hosts" | "findings" | "problems">;

/** Reads what the hosts have and says what would become of it. */
export function readHosts(parts: ImportParts): ReadHosts {
  const { hosts, machine, bridge } = parts;
  const adoption = createAdoption(bridge.servers);
  const findings: Finding[] = [];
  const problems: unknown[] = [];
  const changes: HostChange[] = [];
  for (const host of hosts) {
    const files = host.files(machine);
    // A host's file may be the bridge's own configuration, too, and a person's folder the project.
    const seen = new Set([targetOf(bridge.path)]);
    for (const file of files) {
      const target = targetOf(file.path);
      if (seen.has(target)) continue;
      seen.add(target);
      try {
        const connect = parts.connect && isHome(file, files);
        const read = readFile({ ...parts, connect, host, file, adoption });
        findings.push(...read.findings);
        if (read.change) changes.push(read.change);
      } catch (error) {
        problems.push(error);
      }
    }
  }
  return { added: adoption.added, hosts: changes, findings, problems };
}

/** Reads what the hosts have and says what would be written. Writes nothing. */
export function planImport(parts: ImportParts): ImportPlan {
  const { bridge } = parts;
  const read = readHosts(parts);
  const { added } = read;
  const hasNew = Object.keys(added).length > 0;
  const after = hasNew ? withServers(bridge, { add: added }) : (bridge.before ?? "");
  if (hasNew) checkWritable(bridge.path);
  return {
    ...read,
    bridge: { path: bridge.path, before: bridge.before, after },
    secrets: Object.entries(added).flatMap(([server, entry]) =>
      isJsonObject(entry)
        ? literalSecrets(server, entry).map((secret) => ({ ...secret, server }))
        : [],
    ),
  };
}

/** Is it where a person's servers stand: the first file that is there, or the first of all? */
function isHome(file: HostFile, files: readonly HostFile[]): boolean {
  const own = files.filter(({ scope }) => scope === "user");
  return file === (own.find(({ path }) => readWhole(path) !== undefined) ?? own[0]);
}

interface FileParts extends ImportParts {
  readonly host: Host;
  readonly file: HostFile;
  readonly adoption: Adoption;
}

interface ReadFile {
  readonly findings: readonly Finding[];
  readonly change?: HostChange;
}

/** The file is read and changed as a whole before its first server is adopted: one that is bad changes nothing. */
function readFile(parts: FileParts): ReadFile {
  const { host, file, keepHosts, withProject, connect } = parts;
  const before = readWhole(file.path);
  if (before === undefined && !connect) return { findings: [] };
  const where = { format: host.format, path: file.path };
  const sections = file.sections.map((section, index) => ({
    section,
    connect: connect && index === 0,
    sorted: entriesOf(readSection(before ?? "", section.keys, where)).map(([name, raw]) =>
      sortEntry(name, raw, section, parts),
    ),
  }));
  if (file.scope === "project" && !withProject) {
    const outcome = "shared";
    const shared = sections.flatMap(({ sorted }) => sorted.filter(({ kind }) => kind !== "own"));
    return {
      findings: shared.map(({ name, raw }) => ({ host, file, name, raw, outcome, notes: [] })),
    };
  }
  let after = before ?? "";
  const records: OriginalRecord[] = [];
  for (const each of keepHosts ? [] : sections) {
    const edit = editOf(each, after, parts);
    if (!edit) continue;
    records.push({ ...edit.record, ...(before === undefined && { created: true }) });
    after = edit.after;
  }
  const findings = sections.flatMap(({ sorted }) =>
    sorted.flatMap((each) => toFinding(each, parts)),
  );
  return records.length === 0
    ? { findings }
    : { findings, change: { host, file, before, after, records } };
}

type Sorted = { readonly name: string; readonly raw: JsonValue } & (
  | { readonly kind: "own" }
  /** Nobody chose it. */
  | { readonly kind: "passed" }
  | { readonly kind: "left"; readonly reason: string }
  | { readonly kind: "server"; readonly entry: JsonObject; readonly notes: readonly string[] }
);

function sortEntry(
  name: string,
  raw: JsonValue,
  section: HostSection,
  { host, file, machine, traces, signIn, isChosen }: FileParts,
): Sorted {
  if (isJsonObject(raw) && isOwnEntry(raw, traces)) return { name, raw, kind: "own" };
  if (isChosen && !isChosen(host, file, name)) return { name, raw, kind: "passed" };
  const read = readHostEntry(host, raw, section, machine);
  if ("entry" in read && signIn?.has(String(read.entry.url))) {
    const reason = "asks people to sign in, which the bridge cannot do for them";
    return { name, raw, kind: "left", reason };
  }
  return "reason" in read
    ? { name, raw, kind: "left", reason: read.reason }
    : { name, raw, kind: "server", ...read };
}

function toFinding(sorted: Sorted, { host, file, adoption, isChosen }: FileParts): Finding[] {
  const { name, raw, kind } = sorted;
  const finding = { host, file, name, raw };
  if (kind === "passed" || (isChosen && !isChosen(host, file, name))) return [];
  if (kind === "own") return [{ ...finding, outcome: "own", notes: [] }];
  if (kind === "left") return [{ ...finding, outcome: "left", notes: [sorted.reason] }];
  const { id, isKnown } = adoption.adopt(name, sorted.entry);
  const outcome = isKnown ? "known" : "added";
  return [{ ...finding, outcome, id, notes: isKnown ? [] : sorted.notes }];
}

interface SortedSection {
  readonly section: HostSection;
  readonly sorted: readonly Sorted[];
  readonly connect: boolean;
}

/** One entry of the bridge in the place of those that it serves from now on; nothing where there is nothing to do. */
function editOf(
  { section: { keys }, sorted, connect }: SortedSection,
  text: string,
  { host, file, start, traces }: FileParts,
): { readonly after: string; readonly record: OriginalRecord } | undefined {
  const own = sorted.filter(({ kind }) => kind === "own");
  const isThere = own.some(({ raw }) => leadsHere(raw as JsonObject, start, traces));
  const moved = sorted.filter(({ kind }) => kind === "server").map(({ name }) => name);
  if (moved.length === 0 && (isThere || !connect)) return undefined;
  const stale = isThere
    ? undefined
    : own.find(({ raw }) => isJsonObject(raw) && raw.url === undefined && isSameHome(raw, start));
  const staying = sorted.filter((each) => each.kind !== "server" && each !== stale);
  const name = stale?.name ?? freeName(staying.map((each) => each.name));
  const gone = stale ? [...moved, stale.name] : moved;
  const change: Change = {
    remove: gone,
    ...(!isThere && { add: { [name]: host.stdioEntry(start) } }),
  };
  const where = { format: host.format, path: file.path };
  checkWritable(file.path);
  const after = changeSection(text, keys, change, where);
  const entries = sorted.filter((each) => gone.includes(each.name));
  const record: OriginalRecord = {
    host: host.id,
    file: file.path,
    section: keys.map(String),
    before: sectionText(text, keys, where),
    after: sectionText(after, keys, where),
    entries: plain(Object.fromEntries(entries.map((each) => [each.name, each.raw]))),
    ...(!isThere && { bridge: name }),
  };
  return { after, record };
}

function freeName(taken: readonly string[]): string {
  if (!taken.includes(BRIDGE_NAME)) return BRIDGE_NAME;
  for (let count = 2; ; count += 1) {
    const name = `${BRIDGE_NAME}-${count}`;
    if (!taken.includes(name)) return name;
  }
}

function plain(value: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
