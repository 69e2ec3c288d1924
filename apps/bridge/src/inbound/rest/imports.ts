import { isJsonObject, type JsonObject, TrestleError } from "@trestle/protocol";
import type { Core } from "../../core.ts";
import { planChosen, serversImport } from "../../operations/imports.ts";
import type { Route } from "./route.ts";
import { refuseEntry } from "./servers.ts";

export const importRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "import",
    operation: "hosts_list",
    summary: "The servers that other programs of the bridge's machine have; without secrets.",
  },
  {
    method: "POST",
    path: "import",
    operation: "servers_import",
    summary: "Take over servers of other programs; what runs a program only with `http.admin`.",
    refuse: refuseReach,
  },
];

const WAYS = "Use `trestle import` on the bridge's machine, or set http.admin there.";

/** Over REST a host's servers may be no more than those that could be added over REST, and its own file stays as it is. */
async function refuseReach(input: JsonObject, core: Core): Promise<void> {
  const { http, upstreams } = core.live.current();
  const asked = serversImport.input.strict().safeParse(input);
  if (http.admin || !asked.success) return;
  const { servers, connect_hosts } = asked.data;
  if (connect_hosts) {
    throw new TrestleError(
      "denied",
      `connect_hosts: over REST no files of other programs are changed. ${WAYS}`,
    );
  }
  for (const [name, entry] of addedBy(() => planChosen({ servers, connectHosts: false }, core))) {
    if (!isJsonObject(entry)) continue;
    await refuseEntry(entry, { at: name, ways: WAYS, allowHosts: upstreams.allowHosts });
  }
}

/** What cannot be planned is for the operation to say. */
function addedBy(plan: () => { readonly added: JsonObject }) {
  try {
    return Object.entries(plan().added);
  } catch {
    return [];
  }
}
