import type { JsonObject, Principal } from "@trestle/protocol";
import * as z from "zod";
import type { WebSession } from "../access/web-sessions.ts";
import type { Core } from "../core.ts";
import { OWN_SERVER } from "../tools/names.ts";
import { NO_EFFECT } from "./fields.ts";
import { defineOperation } from "./operation.ts";

const output = z.object({
  version: z.string().describe("Of the bridge."),
  principal: z.object({ id: z.string(), kind: z.string() }),
  scopes: z
    .array(z.string())
    .optional()
    .describe("What the caller is held to; missing: to nothing."),
  admin: z.boolean().describe("May administer."),
  manages: z
    .array(z.string())
    .describe("Operations that take a scope of the bridge itself, which the caller has."),
  session: z
    .object({ expires_at: z.iso.datetime(), csrf_token: z.string() })
    .optional()
    .describe("Of a browser that is logged in: the token goes with what changes something."),
  oauth_login: z
    .object({ host: z.string() })
    .optional()
    .describe("For strangers: whose sign-in lets them in, where one does, at /oauth/login."),
});

export const me = defineOperation({
  name: "me",
  title: "Me",
  description: "Who asks, and what they may do: for pages and scripts that go by it.",
  input: z.object({}),
  output,
  hints: NO_EFFECT,
  needs: "anybody",
  async run(_input, { principal }, core) {
    const { id, kind, scopes } = principal;
    const session = core.access.sessions.of(principal);
    const host = kind === "anonymous" ? core.access.oauthLogin.host() : undefined;
    return {
      version: core.version,
      principal: { id, kind },
      ...(scopes === undefined ? {} : { scopes: [...scopes] }),
      admin: core.access.isAdmin(principal),
      manages: await managedBy(principal, core),
      ...(session && { session: presentSession(session) }),
      ...(host !== undefined && { oauth_login: { host } }),
    };
  },
});

/** Asked without a word to the audit log: nothing is refused here. */
async function managedBy(principal: Principal, { access }: Core): Promise<string[]> {
  if (principal.kind === "anonymous") return [];
  // Loaded late, as it names this file.
  const { OPERATIONS } = await import("./index.ts");
  return OPERATIONS.filter(
    ({ needs, name, hints }) =>
      needs === "scope" && access.allows(principal, { server: OWN_SERVER, tool: name, hints }),
  ).map(({ name }) => name);
}

function presentSession({ expiresAt, csrf }: WebSession): JsonObject {
  return { expires_at: new Date(expiresAt).toISOString(), csrf_token: csrf };
}
