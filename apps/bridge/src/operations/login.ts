import { type JsonObject, type Principal, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { WebSession } from "../access/web-sessions.ts";
import { loggedIn, loggedOut, sessionAnswer } from "./answers/access.ts";
import { NO_EFFECT } from "./fields.ts";
import { defineOperation } from "./operation.ts";

const CHANGES = { readOnly: false, destructive: false, idempotent: false, openWorld: false };

export const login = defineOperation({
  name: "login",
  title: "Log in",
  description:
    "Begins a session of a browser with the key that this request presents. It ends after twelve hours, and with its key.",
  input: z.object({}),
  output: loggedIn,
  hints: CHANGES,
  needs: "caller",
  async run(_input, { principal }, { access }) {
    const { session, token } = access.sessions.begin(principal);
    await access.audit.record({ event: "logged_in", principal: principal.id });
    return { ...presentSession(session), token };
  },
});

export const session = defineOperation({
  name: "session",
  title: "Session",
  description: "Who is logged in, until when, and the token to send with changes.",
  input: z.object({}),
  output: sessionAnswer,
  hints: NO_EFFECT,
  needs: "caller",
  async run(_input, { principal }, { access }) {
    const found = access.sessions.of(principal);
    if (!found) throw notLoggedIn(principal);
    return presentSession(found);
  },
});

export const logout = defineOperation({
  name: "logout",
  title: "Log out",
  description: "Ends the session that this request came with, also for whoever copied its cookie.",
  input: z.object({}),
  output: loggedOut,
  hints: { ...CHANGES, destructive: true },
  needs: "caller",
  async run(_input, { principal }, { access }) {
    const found = access.sessions.of(principal);
    if (!found) throw notLoggedIn(principal);
    await access.sessions.end(found);
    await access.audit.record({ event: "logged_out", principal: principal.id });
    return { logged_out: true };
  },
});

function presentSession({ principal, expiresAt, csrf }: WebSession): JsonObject {
  const { id, kind } = principal;
  return {
    principal: { id, kind },
    expires_at: new Date(expiresAt).toISOString(),
    csrf_token: csrf,
  };
}

function notLoggedIn({ id }: Principal): TrestleError {
  return new TrestleError(
    "not_found",
    `"${id}" calls without a session: there is none to speak of.`,
  );
}
