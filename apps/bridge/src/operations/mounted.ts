import { type JsonObject, type RequestContext, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { callControl } from "../call-control-schema.ts";
import type { Core } from "../core.ts";
import { serverField } from "./fields.ts";
import { given } from "./history.ts";
import { callInner } from "./inner-call.ts";
import type { MountedKind } from "./operation.ts";
import { serverIdOf } from "./resolve.ts";

/** What every operation takes that is one tool of a mounted server. */
export const mountedFields = {
  server: serverField.optional().describe("Which of several that are mounted."),
  ...callControl.shape,
};

export const onceField = {
  idempotency_key: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("The same key does it once, however often it is asked for."),
};

const OWN_KEYS = new Set([...Object.keys(mountedFields), ...Object.keys(onceField)]);

/**
 * Calls a tool of one of our servers that is mounted, as its caller, through every policy. All that is asked
 * besides the fields above are arguments of the tool. Throws `unsupported` where no such server is mounted.
 */
export async function callMounted(
  { kind, tool }: { readonly kind: MountedKind; readonly tool: string },
  asked: Readonly<Record<string, unknown>>,
  { context, core }: { readonly context: RequestContext; readonly core: Core },
): Promise<JsonObject> {
  const control = given(
    Object.fromEntries(Object.keys(callControl.shape).map((key) => [key, asked[key]])),
  );
  const args = Object.entries(asked).filter(
    ([key, value]) => !OWN_KEYS.has(key) && value !== undefined,
  );
  const server = mountedServer(kind, asked.server, core);
  await refuseUnlisted(server, tool, core);
  const answer = await callInner(
    {
      ...{ server, tool },
      arguments: Object.fromEntries(args) as JsonObject,
      control: control as JsonObject,
      idempotencyKey: asked.idempotency_key as string | undefined,
    },
    context,
    core,
  );
  return { ...answer };
}

/** Servers list few of their tools unless they are told to list all. */
async function refuseUnlisted(server: string, tool: string, { catalog }: Core): Promise<void> {
  if (!catalog.upstreamTool(server, tool)) await catalog.settled();
  if (catalog.upstreamTool(server, tool)) return;
  const problem = catalog.status().find((each) => each.server === server)?.problem;
  if (problem !== undefined) {
    throw new TrestleError("unavailable", `${server} cannot be reached: ${problem}`);
  }
  throw new TrestleError(
    "unsupported",
    `${server} does not list ${tool}: put "env": { "TRESTLE_PROFILE": "all" } into its entry of trestle.json.`,
    { details: { server, tool } },
  );
}

/** The ids of those that are mounted, by the name they are embedded under. */
export function mountedServers(kind: MountedKind, { live }: Pick<Core, "live">): readonly string[] {
  return live
    .current()
    .servers.filter((server) => server.kind === "embedded" && server.entry.embedded === kind)
    .map(({ id }) => id);
}

/** The server that is asked for, else the first of its kind. */
function mountedServer(kind: MountedKind, asked: unknown, core: Core): string {
  const mounted = mountedServers(kind, core);
  const id = typeof asked === "string" ? serverIdOf(asked, core) : mounted[0];
  if (id !== undefined && mounted.includes(id)) return id;
  const problem =
    typeof asked === "string"
      ? `"${asked}" is no ${kind} that is mounted here`
      : `No ${kind} is mounted in this bridge`;
  throw new TrestleError(
    "unsupported",
    `${problem}: put {"${kind}":{"embedded":"${kind}"}} into mcpServers of trestle.json.`,
    { details: { needs: kind } },
  );
}
