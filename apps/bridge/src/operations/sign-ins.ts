import type { JsonObject, Principal } from "@trestle/protocol";
import * as z from "zod";
import type { Core } from "../core.ts";
import { isolationOf } from "../isolation/isolation-of.ts";
import { finishSignIn } from "../sign-in/finish.ts";
import { holderOf, OPERATOR } from "../sign-in/place.ts";
import type { SignInStatus } from "../sign-in/sign-ins.ts";
import { signedIn, signedOut, signInBegun, signInsAnswer } from "./answers/access.ts";
import { NO_EFFECT, serverField } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { type Asked, refused } from "./sight.ts";

/** People who sign in at servers that want OAuth. Nobody learns anything of a token. */

export const signIns = defineOperation({
  name: "sign_ins",
  title: "Sign-ins at servers",
  description: "The servers at which somebody can sign in, and at which the caller has.",
  input: z.object({}),
  output: signInsAnswer,
  hints: NO_EFFECT,
  needs: "caller",
  async run(_input, { principal }, core) {
    const servers = core.signIns.servers().filter((id) => mayAsk(core, id, principal));
    const all = servers.map((id) => core.signIns.status(id, holderAt(core, id, principal)));
    return { servers: (await Promise.all(all)).map(present) };
  },
});

const CHANGES = { readOnly: false, destructive: false, idempotent: true, openWorld: true };

export const signIn = defineOperation({
  name: "sign_in",
  title: "Sign in at a server",
  description:
    "Begins to sign in at a server that wants OAuth, and tells the address to open in a browser; none where the bridge signs in by itself.",
  input: z.object({ server: serverField }),
  output: signInBegun,
  hints: CHANGES,
  needs: "caller",
  async run({ server }, { principal }, core) {
    refuseStranger(core, server, { operation: "sign_in", principal });
    const holder = holderAt(core, server, principal);
    const url = await core.signIns.begin(server, holder);
    return given({ server, url, signed_in: url === undefined }) as JsonObject;
  },
});

export const signInFinish = defineOperation({
  name: "sign_in_finish",
  title: "Finish a sign-in",
  description:
    "Takes the address that the browser was sent to at the end, where the bridge itself could not be reached there.",
  input: z.object({ url: z.url().describe("The whole address, from the browser's address bar.") }),
  output: signedIn,
  hints: CHANGES,
  needs: "caller",
  async run({ url }, _context, core) {
    return { server: await finishSignIn(new URL(url).searchParams, core), signed_in: true };
  },
});

export const signOut = defineOperation({
  name: "sign_out",
  title: "Sign out of a server",
  description: "Forgets the tokens for a server. The next call there asks for a sign-in.",
  input: z.object({ server: serverField }),
  output: signedOut,
  hints: { ...CHANGES, destructive: true },
  needs: "caller",
  async run({ server }, { principal }, core) {
    refuseStranger(core, server, { operation: "sign_out", principal });
    await core.signIns.signOut(server, holderAt(core, server, principal));
    return { server, signed_in: false };
  },
});

function holderAt({ live }: Core, server: string, { id }: Principal): string {
  const { servers } = live.current();
  const found = servers.find((each) => each.id === server || each.aliases.includes(server));
  const isOwn = isolationOf(found)?.isolation === "principal";
  return isOwn ? holderOf(id) : OPERATOR;
}

/** What all share is whose who runs the bridge. */
function mayAsk(core: Core, server: string, principal: Principal): boolean {
  const isOwn = holderAt(core, server, principal) !== OPERATOR;
  return isOwn || core.access.isAdmin(principal) || principal.kind === "local";
}

function refuseStranger(core: Core, server: string, asked: Omit<Asked, "message">): void {
  if (mayAsk(core, server, asked.principal)) return;
  const message = `All callers of "${server}" share one sign-in, which is for whoever runs the bridge to do: trestle auth login ${server}. With "isolation": "principal" each has one of its own.`;
  throw refused({ ...asked, message }, core);
}

function present({ server, isSignedIn, isPending, expiresAt }: SignInStatus): JsonObject {
  return given({
    ...{ server, signed_in: isSignedIn, pending: isPending },
    expires_at: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
  }) as JsonObject;
}
