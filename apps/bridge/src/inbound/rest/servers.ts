import { isJsonObject, type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import { REFERRING } from "../../config/checks.ts";
import { readBridgeFile } from "../../config/import/bridge-file.ts";
import type { Core } from "../../core.ts";
import type { Route } from "./route.ts";

export const serverRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "servers",
    operation: "server_add",
    summary: "Add a server; one that runs a program only with `http.admin`.",
    refuse: refuseProgram,
  },
  {
    method: "PUT",
    path: "servers/:name",
    operation: "server_change",
    summary: "Put another entry in the place of a server's.",
    refuse: refuseProgram,
  },
  {
    method: "DELETE",
    path: "servers/:name",
    operation: "server_remove",
    summary: "Remove a server.",
  },
  {
    method: "POST",
    path: "servers/:server/restart",
    operation: "server_restart",
    summary: "Connect a server anew.",
  },
  {
    method: "GET",
    path: "servers/:server/stderr",
    operation: "server_stderr",
    summary: "The last lines that a server wrote to stderr.",
  },
];

/**
 * Over REST an entry may be the address of a server, and nothing that runs a program or reads a file or a variable
 * of this machine; unless that is what the file says already, or `http.admin` is on.
 */
function refuseProgram({ name, entry }: JsonObject, { live }: Core): void {
  const { http, files } = live.current();
  if (http.admin || !isJsonObject(entry)) return;
  const old = readBridgeFile(files[0] ?? "").servers[String(name)];
  if (isJsonObject(old) && REFERRING.every((key) => isSame(entry[key], old[key]))) return;
  const found = Object.entries(entry).find(
    ([key, value]) => key === "command" || key === "embedded" || refers(value),
  );
  if (!found) return;
  throw new TrestleError(
    "denied",
    `entry.${found[0]}: over REST only the address of a server can be set up, without references. Use \`trestle add\` on the bridge's machine, or set http.admin there.`,
  );
}

function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Does it hold anything that is replaced by what this machine says? */
function refers(value: JsonValue | undefined): boolean {
  if (typeof value === "string") return value.includes("${");
  if (Array.isArray(value)) return value.some(refers);
  if (!isJsonObject(value)) return false;
  return Object.hasOwn(value, "command") || Object.values(value).some(refers);
}
