import { type JsonObject, TrestleError } from "@trestle/protocol";
import type { Core } from "../../core.ts";
import type { Route } from "./route.ts";

export const configRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "config",
    operation: "config_get",
    summary: "What every key stands at, and where that comes from; without secrets.",
  },
  {
    method: "PUT",
    path: "config/:key",
    operation: "config_set",
    summary: "Write one key into trestle.json; of access and servers only with `http.admin`.",
    refuse: refuseReach,
  },
  {
    method: "DELETE",
    path: "config/:key",
    operation: "config_unset",
    summary: "Take one key out of it.",
    refuse: refuseReach,
  },
];

/** They say who may come in, what is run, and where what the bridge knows goes. */
const REACH = ["access", "events", "http", "mcpServers", "store", "telemetry"];
const REACHING = ["upstreams", "upstreams.allowHosts"];

function refuseReach({ key }: JsonObject, { live }: Core): void {
  const [root = ""] = String(key).split(".");
  if (live.current().http.admin) return;
  if (!REACH.includes(root) && !REACHING.includes(String(key))) return;
  throw new TrestleError(
    "denied",
    `key: ${REACH.includes(root) ? root : key} cannot be set over REST. Use \`trestle config set\` on the bridge's machine, or set http.admin there.`,
  );
}
