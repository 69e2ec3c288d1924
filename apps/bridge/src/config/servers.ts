import { nearestName } from "@trestle/protocol";
import { OWN_SERVER } from "../tools/names.ts";
import { type ConfigChecks, type EntryKind, REFERRING, type ReportProblem } from "./checks.ts";
import { type CommandReference, createReferenceReader } from "./references.ts";
import type { EmbeddedEntry, HttpEntry, StdioEntry } from "./schema.ts";

/** One upstream as configured: its id and what its kind needs. */
export type ServerConfig = {
  readonly id: string;
  /** Further ids by which its tools are called. */
  readonly aliases: readonly string[];
  /** What must be run for its connection, each value standing where its mark is. */
  readonly commands: readonly CommandReference[];
} & (
  | { readonly kind: "stdio"; readonly entry: StdioEntry }
  | { readonly kind: "http"; readonly entry: HttpEntry }
  | { readonly kind: "embedded"; readonly entry: EmbeddedEntry }
);

/** Something about one entry that its owner should know. An error leaves the entry out, a warning does not. */
export interface Problem {
  readonly server: string;
  readonly level: "warning" | "error";
  readonly message: string;
  /** The key within the entry. */
  readonly key?: string;
  /** The line of the file. */
  readonly line?: number;
}

export interface Servers {
  readonly servers: readonly ServerConfig[];
  readonly problems: readonly Problem[];
  /** Files that the entries refer to. */
  readonly files: readonly string[];
  /** Values that must not be shown. */
  readonly secrets: readonly string[];
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths count from. */
  readonly folder: string;
}

const MAX_ID_LENGTH = 16;
const KIND_KEYS: Readonly<Record<EntryKind, string>> = {
  stdio: "command",
  http: "url",
  embedded: "embedded",
};

/** An entry `github@v2` stands beside `github`: another version of the same server. */
const VERSIONED = /^[a-z0-9-]{1,16}@[a-z0-9-]{1,16}$/;

/** Names by which people know what our servers do. */
const OUR_ALIASES: Readonly<Record<string, readonly string[]>> = {
  database: ["neon", "supabase"],
  knowledge: ["r2-knowledge"],
};

/** Reads `mcpServers`: a bad entry is reported and left out, the others are served. */
export function readServers(
  entries: Readonly<Record<string, unknown>>,
  surroundings: Surroundings,
  checks: Pick<ConfigChecks, "entry">,
): Servers {
  const servers: ServerConfig[] = [];
  const problems: Problem[] = [];
  const files: string[] = [];
  const secrets: string[] = [];
  // Who chose a valid id keeps it, whatever odd names come before.
  const taken = new Set(Object.keys(entries).filter((name) => toId(name) === name));
  for (const [name, raw] of Object.entries(entries)) {
    const report: ReportProblem = (level, message, path) => {
      problems.push({ server: name, level, message, ...(path && { key: path.join(".") }) });
    };
    const check: Check = (kind, entry) => checks.entry({ name, kind, entry, report });
    const read = readEntry(raw, surroundings, report, check);
    files.push(...read.files);
    secrets.push(...read.secrets);
    if (!read.server) continue;
    if (toId(name) === OWN_SERVER) {
      report("error", `"${OWN_SERVER}" is reserved for the bridge's own tools; name it otherwise`);
      continue;
    }
    const isVersion = VERSIONED.test(name);
    const id = toId(name) === name ? name : uniqueId(isVersion ? versionId(name) : name, taken);
    taken.add(id);
    if (id !== name && !isVersion) {
      report("warning", `is served under the id "${id}": ids are [a-z0-9-]{1,16}`);
    }
    servers.push({ ...read.server, id, aliases: isVersion ? [name] : [] });
  }
  return { servers: withAliases(servers, problems), problems, files, secrets };
}

type Check = (
  kind: EntryKind,
  entry: Readonly<Record<string, unknown>>,
) => ServerConfig["entry"] | undefined;
type Unnamed<Config> = Config extends unknown ? Omit<Config, "id" | "aliases"> : never;

interface ReadEntry extends Pick<Servers, "files" | "secrets"> {
  readonly server?: Unnamed<ServerConfig>;
}

function readEntry(
  raw: unknown,
  { folder, env }: Surroundings,
  report: ReportProblem,
  check: Check,
): ReadEntry {
  const references = createReferenceReader(folder, env);
  const { files, secrets, commands } = references;
  const nothing = { files, secrets };
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    report("error", "must be an object with `command`, `url` or `embedded`");
    return nothing;
  }
  if ("disabled" in raw && raw.disabled === true) return nothing;
  const entry = Object.fromEntries(
    Object.entries(raw).map(([key, value]) => [
      key,
      REFERRING.includes(key) ? references.expand(value, key) : value,
    ]),
  );
  for (const { level, message, key } of references.problems) {
    report(level, `${key}: ${message}`, key.split("."));
  }
  if (references.problems.some(({ level }) => level === "error")) return nothing;
  const kind = kindOf(entry);
  if (!kind) {
    report("error", `needs one of \`command\`, \`url\` or \`embedded\`${suggestion(entry)}`);
    return nothing;
  }
  const checked = check(kind, entry);
  if (!checked) return nothing;
  return {
    files,
    secrets: [...secrets, ...literalSecrets(checked)],
    server: { kind, entry: checked, commands } as Unnamed<ServerConfig>,
  };
}

function kindOf(entry: Record<string, unknown>): EntryKind | undefined {
  const found = Object.entries(KIND_KEYS).find(([, key]) => key in entry);
  return found?.[0] as EntryKind | undefined;
}

function suggestion(entry: object): string {
  for (const key of Object.keys(entry)) {
    const near = nearestName(key, ["command", "url", "embedded"]);
    if (near) return `; did you mean "${near}" by "${key}"?`;
  }
  return "";
}

/** An alias is a name of one server. Ids win over aliases, and what was asked for over what we give. */
function withAliases(servers: readonly ServerConfig[], problems: Problem[]): ServerConfig[] {
  const owners = new Map([OWN_SERVER, ...servers.map(({ id }) => id)].map((id) => [id, id]));
  for (const { id, aliases } of servers) for (const alias of aliases) owners.set(alias, id);
  const claim = (id: string, alias: string): boolean => {
    if (owners.has(alias)) return false;
    owners.set(alias, id);
    return true;
  };
  const asked = servers.map(({ id, entry }) =>
    (entry.aliases ?? []).filter((alias) => {
      if (claim(id, alias)) return true;
      const message = `aliases: the alias "${alias}" is taken by the server "${owners.get(alias)}"`;
      problems.push({ server: id, level: "warning", message, key: "aliases" });
      return false;
    }),
  );
  return servers.map((server, index) => {
    const ours = server.kind === "embedded" ? (OUR_ALIASES[server.entry.embedded] ?? []) : [];
    const given = ours.filter((alias) => claim(server.id, alias));
    return { ...server, aliases: [...server.aliases, ...(asked[index] ?? []), ...given] };
  });
}

/** Shorter values are words, and would be found everywhere. */
const MIN_SECRET_LENGTH = 8;

/** The values that an entry hands to its server to keep. */
function literalSecrets(entry: StdioEntry | HttpEntry | EmbeddedEntry): string[] {
  const env = "env" in entry ? Object.values(entry.env ?? {}) : [];
  const headers = "headers" in entry ? Object.values(entry.headers ?? {}) : [];
  const { clientSecret } = ("oauth" in entry && entry.oauth) || {};
  const all = [...env, ...headers, ...(clientSecret === undefined ? [] : [clientSecret])];
  return all.filter((value) => value.length >= MIN_SECRET_LENGTH);
}

/** An id like the name that none of `taken` is. */
export function uniqueId(name: string, taken: ReadonlySet<string>): string {
  const base = toId(name);
  if (!taken.has(base)) return base;
  for (let count = 2; ; count += 1) {
    const suffix = `-${count}`;
    const id = `${base.slice(0, MAX_ID_LENGTH - suffix.length)}${suffix}`;
    if (!taken.has(id)) return id;
  }
}

/** `github-v2` of `github@v2`; of a long name the beginning, so that the version is seen. */
function versionId(name: string): string {
  const [server = "", version = ""] = name.split("@");
  const room = MAX_ID_LENGTH - version.length - 1;
  return room < 1 ? version : toId(`${server.slice(0, room)}-${version}`);
}

/** May an entry be called so, and is it served under that name? */
export function isServerName(name: string): boolean {
  return toId(name) === name || VERSIONED.test(name);
}

/** The id that a name is served under where nothing else has it. */
export function toId(name: string): string {
  const id = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .slice(0, MAX_ID_LENGTH)
    .replaceAll(/^-+|-+$/g, "");
  return id === "" ? "server" : id;
}
