import { lookup } from "node:dns/promises";
import { resolveDestination } from "@trestle/events";
import {
  isJsonObject,
  isTrestleError,
  type JsonObject,
  type JsonValue,
  TrestleError,
} from "@trestle/protocol";
import { REFERRING } from "../../config/checks.ts";
import { readBridgeFile } from "../../config/import/bridge-file.ts";
import { SHOWN } from "../../config/import/redact.ts";
import { withKeptSecrets } from "../../config/kept-secrets.ts";
import type { Core } from "../../core.ts";
import { knownName } from "../../operations/server-admin.ts";
import { isListedHost, isPrivateHost } from "../../private-hosts.ts";
import type { Route } from "./route.ts";

export const serverRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "servers",
    operation: "server_add",
    summary: "Add a server; one that runs a program only with `http.admin`.",
    refuse: refuseReach,
  },
  {
    method: "PUT",
    path: "servers/:name",
    operation: "server_change",
    summary: "Put another entry in the place of a server's.",
    refuse: refuseReach,
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
 * Over REST an entry may be the address of a server on the public internet, and nothing that runs a program or reads a
 * file or a variable of this machine; unless that is what the file says already, or `http.admin` is on.
 */
async function refuseReach({ name, entry }: JsonObject, { live }: Core): Promise<void> {
  const { http, files, upstreams } = live.current();
  if (http.admin || !isJsonObject(entry)) return;
  const file = readBridgeFile(files[0] ?? "");
  const old = file.servers[knownName(file, String(name)) ?? ""];
  const whole = withKeptSecrets(entry, old);
  if (isJsonObject(old) && REFERRING.every((key) => isSame(whole[key], old[key]))) return;
  if (JSON.stringify(entry).includes(SHOWN)) {
    throw new TrestleError(
      "denied",
      `entry: a secret that is masked goes only where it goes now. Write the secret itself, or change nothing of ${REFERRING.join(", ")}. ${WAYS}`,
    );
  }
  await refuseEntry(entry, { at: "entry", ways: WAYS, allowHosts: upstreams.allowHosts });
}

export interface EntryPlace {
  /** What it is called in what is said of it. */
  readonly at: string;
  /** How else it can be set up. */
  readonly ways: string;
  readonly allowHosts: readonly string[];
}

/** Throws `denied` for an entry that is more than the address of a server on the public internet. */
export async function refuseEntry(entry: JsonObject, place: EntryPlace): Promise<void> {
  const found = Object.entries(entry).find(
    ([key, value]) => key === "command" || key === "embedded" || refers(value),
  );
  if (found) {
    throw new TrestleError(
      "denied",
      `${place.at}.${found[0]}: over REST only the address of a server can be set up, without references. ${place.ways}`,
    );
  }
  for (const address of addressesIn(entry)) await refusePrivate(address, place);
}

const WAYS = "Use `trestle add` on the bridge's machine, or set http.admin there.";

/** Where the bridge would go by itself, once it has the entry. */
function addressesIn({ url, replicas, oauth }: JsonObject): string[] {
  const issuer = isJsonObject(oauth) ? oauth.issuer : undefined;
  const listed = Array.isArray(replicas) ? replicas : [];
  return [url, ...listed, issuer].filter((each) => typeof each === "string");
}

/** What a name leads to later is looked at with each connection. */
async function refusePrivate(address: string, { at, ways, allowHosts }: EntryPlace): Promise<void> {
  const url = URL.parse(address);
  if (!url || !/^https?:$/.test(url.protocol) || isListedHost(url, allowHosts)) return;
  const resolve = (hostname: string) => lookup(hostname, { all: true });
  const isPrivate = isPrivateHost(url.hostname);
  const fault = isPrivate
    ? new TrestleError("denied", `${url.host} is of a private network.`)
    : await resolveDestination(address, { resolve, allowHosts }).then(() => undefined, typed);
  // One that does not resolve now leads nowhere yet.
  if (fault === undefined || fault.code === "unavailable") return;
  throw new TrestleError(fault.code, `${at}: ${fault.message} ${ways}`);
}

function typed(error: unknown): TrestleError {
  if (isTrestleError(error)) return error;
  throw error;
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
