import type { ToolContext } from "@trestle-mcp/server-kit";
import type { Caller } from "../workflows/workflows.ts";

/** Who calls, and a grant that work may use which goes on after the call. */
export async function callerOf({ principal, signal, client, host }: ToolContext): Promise<Caller> {
  const grant = await host.delegate({ principal, signal, client }, principal.scopes ?? ["*:*"]);
  return { principal, grant: JSON.stringify(grant) };
}
