import { dirname, join } from "node:path";
import { readBridgeFile } from "../config/import/bridge-file.ts";
import { bridgeStart } from "../config/import/bridge-start.ts";
import type { Host, HostFile } from "../config/import/host.ts";
import { thisMachine } from "../config/import/machine.ts";
import { tracesOf } from "../config/import/own-traces.ts";
import type { Finding, ImportParts } from "../config/import/plan.ts";
import type { Core } from "../core.ts";

/** One server that somebody chose. */
export interface Chosen {
  readonly host: string;
  readonly name: string;
  readonly file?: string | undefined;
}

/**
 * What reading hosts needs of the bridge that runs. Its project is the folder of its configuration, and since servers
 * are chosen by name, nothing of a project is taken over that nobody asked for.
 */
export function importPartsOf(core: Core): Omit<ImportParts, "hosts" | "keepHosts"> {
  const config = core.live.current();
  const [path = "", envFile = ""] = config.files;
  const folder = dirname(path);
  const machine = thisMachine(config.env, folder);
  const command = core.command ?? [];
  const named = envFile === join(folder, ".env") ? undefined : envFile;
  return {
    machine,
    bridge: readBridgeFile(path),
    traces: tracesOf({ config, command }, machine),
    start: bridgeStart({ command, ...machine, config, file: path, envFile: named }),
    withProject: true,
    connect: false,
  };
}

/** Whoever chose this server of this host. */
export function chosenOf(
  servers: readonly Chosen[],
  found: { readonly host: Host; readonly file: HostFile; readonly name: string },
): Chosen[] {
  return servers.filter((each) => isSame(each, found));
}

export function findingsOf(findings: readonly Finding[], chosen: Chosen): Finding[] {
  return findings.filter((finding) => isSame(chosen, finding));
}

function isSame(
  chosen: Chosen,
  { host, file, name }: Pick<Finding, "host" | "file" | "name">,
): boolean {
  const isFile = chosen.file === undefined || chosen.file === file.path;
  return chosen.host === host.id && chosen.name === name && isFile;
}
