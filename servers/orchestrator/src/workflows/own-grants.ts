import { type Grant, type Host, type RequestContext, TrestleError } from "@trestle/protocol";
import type { Caller } from "./workflows.ts";

/** What a process that runs alone grants, as the command line does. */
const ALONE = "standalone";

/**
 * Whoever owns the folder does the work, and can do it by grants of its own host alone. So one that a process running
 * alone gave is made anew here, for the user of this machine; who else calls there is unknown here. Throws `denied`.
 */
export async function toOwnGrant(host: Pick<Host, "delegate">, caller: Caller): Promise<Caller> {
  const { principal, scopes, token } = JSON.parse(caller.grant) as Grant;
  if (token !== ALONE) return caller;
  if (principal.kind !== "local") {
    const own = await host.delegate(contextOf(principal), []).catch(() => undefined);
    if (own?.token === ALONE) return caller;
    throw new TrestleError(
      "denied",
      `A bridge owns this home, and does not know "${principal.id}"; ask the bridge to execute it`,
    );
  }
  const grant = await host.delegate(contextOf(principal), scopes);
  return { ...caller, grant: JSON.stringify(grant) };
}

function contextOf(principal: Grant["principal"]): RequestContext {
  return {
    principal: { ...principal, scopes: ["*:*"] },
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
  };
}
