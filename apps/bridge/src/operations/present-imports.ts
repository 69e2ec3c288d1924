import { isJsonObject, type JsonObject, type JsonValue, messageOf } from "@trestle/protocol";
import type { FileChange } from "../config/change-file.ts";
import type { Written } from "../config/import/apply.ts";
import { readWhole } from "../config/import/atomic-file.ts";
import { difference, shownLines } from "../config/import/difference.ts";
import type { Host } from "../config/import/host.ts";
import type { Finding, ImportParts, ImportPlan, ReadHosts } from "../config/import/plan.ts";
import { SHOWN } from "../config/import/redact.ts";
import { hiddenValues } from "../config/import/secrets.ts";
import { toId } from "../config/servers.ts";
import { given } from "./history.ts";
import { presentChange } from "./server-admin.ts";

/** One host with what it has, without what nobody may be shown. */
export function presentHost(
  host: Host,
  { findings, problems }: ReadHosts,
  { machine, bridge }: Pick<ImportParts, "machine" | "bridge">,
): JsonObject {
  const looked = [...new Set(host.files(machine).map(({ path }) => path))];
  const taken = new Set(Object.keys(bridge.servers).map(toId));
  return {
    ...{ host: host.id, title: host.title, looked },
    files: looked.filter(isThere),
    servers: findings.map((finding) => presentFinding(finding, taken)),
    problems: problems.map(messageOf),
  };
}

/** One that is there and cannot be read is told of among the problems. */
function isThere(path: string): boolean {
  try {
    return readWhole(path) !== undefined;
  } catch {
    return true;
  }
}

const STATES = { added: "new", known: "known", left: "left", own: "own", shared: "left" } as const;

function presentFinding(
  { file, name, outcome, id, notes, raw }: Finding,
  taken: ReadonlySet<string>,
): JsonObject {
  const isClash = outcome === "added" && id !== toId(name) && taken.has(toId(name));
  const clash = `another server is called "${toId(name)}": it becomes "${id}"`;
  return given({
    ...{ name, file: file.path, scope: file.scope, state: STATES[outcome], id },
    notes: isClash ? [clash, ...notes] : [...notes],
    ...presentStart(raw),
  }) as JsonObject;
}

function presentStart(raw: JsonValue): JsonObject {
  if (!isJsonObject(raw)) return { given: [] };
  const hidden = hiddenValues(raw);
  const shown = (value: unknown): string =>
    hidden.has(String(value)) ? SHOWN : typeof value === "string" ? value : JSON.stringify(value);
  const { command, args, url, env, headers, http_headers } = raw;
  return given({
    command: typeof command === "string" ? shown(command) : undefined,
    args: Array.isArray(args) ? args.map(shown) : undefined,
    url: typeof url === "string" ? shown(url) : undefined,
    given: [env, headers, http_headers].flatMap((part) =>
      isJsonObject(part) ? Object.keys(part) : [],
    ),
  }) as JsonObject;
}

export interface DoneImport extends FileChange {
  readonly written: readonly Written[];
}

/** What an import would do, or has done. */
export function presentImport(plan: ImportPlan, done?: DoneImport): JsonObject {
  return {
    dry_run: done === undefined,
    ...(done ? presentChange(done) : { file: plan.bridge.path, warnings: [] }),
    servers: plan.findings.map(({ host, file, name, outcome, id, notes }) =>
      given({ host: host.id, file: file.path, name, outcome, id, notes: [...notes] }),
    ) as JsonObject[],
    changes: changesOf(plan),
    plain_secrets: plan.secrets.map(({ server, key, variable }) => ({ server, key, variable })),
    written: (done?.written ?? []).map(({ file, backup }) =>
      given({ file, backup }),
    ) as JsonObject[],
    connected: plan.hosts.map(({ host, file }) => ({
      ...{ host: host.id, file: file.path, restart: host.restart },
    })),
  };
}

function changesOf({ bridge, hosts }: ImportPlan): JsonObject[] {
  const all = [
    { ...bridge, format: "json" as const },
    ...hosts.map(({ host, file, ...texts }) => ({
      ...{ format: host.format, path: file.path, ...texts },
    })),
  ];
  return all.flatMap(({ path, format, before = "", after }) => {
    const lines = shownLines(difference(before, after, { format, path }));
    return lines.length === 0 ? [] : [{ file: path, lines }];
  });
}
