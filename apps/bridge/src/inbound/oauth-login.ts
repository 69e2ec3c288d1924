import type { IncomingMessage, ServerResponse } from "node:http";
import { type Logger, messageOf } from "@trestle/protocol";
import type { EntranceAsks } from "@trestle-mcp/server-kit/serving";
import type { Access } from "../access/access.ts";
import { LOGIN_PATH, LOGIN_RETURN_PATH, type OAuthLogin } from "../oauth-login/oauth-login.ts";
import { LoginRefusal } from "../oauth-login/refusal.ts";
import type { Rest } from "./rest/rest.ts";
import { sessionCookie } from "./session-cookie.ts";
import { sendShortPage } from "./short-page.ts";

/** Where browsers go to log in at the issuer, and where they come back to. It needs no key: it is how to get in. */
export function createOAuthLoginDoor(
  { oauthLogin }: Pick<Access, "oauthLogin">,
  log: Logger,
): Rest {
  return (request, response, asks) => {
    const [path, search = ""] = (request.url ?? "/").split("?", 2);
    const isOurs = path === LOGIN_PATH || path === LOGIN_RETURN_PATH;
    if (!isOurs || request.method !== "GET" || oauthLogin.host() === undefined) return false;
    const foreign = asks.foreign(request);
    if (foreign !== undefined) return refused(response, new LoginRefusal(foreign, FOREIGN));
    const query = new URLSearchParams(search);
    const answer = path === LOGIN_PATH ? sendOff : takeBack;
    return answer({ request, response, asks, query }, oauthLogin).catch((error: unknown) => {
      if (error instanceof LoginRefusal) return refused(response, error);
      log.error("a login could not be finished", { error: messageOf(error) });
      return refused(response, new LoginRefusal("Look into the log of the bridge.", BROKEN));
    });
  };
}

const FOREIGN = { status: 403, reason: "host" };
const BROKEN = { status: 500, reason: "internal" };
const ATTEMPT_COOKIE = "trestle_login";
/** Longer than a login may take, so that a late one is told so. */
const COOKIE_S = 1_200;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly asks: EntranceAsks;
  readonly query: URLSearchParams;
}

async function sendOff(
  { request, response, asks, query }: Exchange,
  login: OAuthLogin,
): Promise<true> {
  const own = new URL(login.address());
  // The issuer sends browsers there, and they bring their cookie to the name that gave it. Asked for once:
  // a proxy may not tell us the name that it was called by.
  if (request.headers.host !== own.host && !query.has("here")) {
    own.search = String(new URLSearchParams({ to: query.get("to") ?? "", here: "1" }));
    response.writeHead(302, { ...QUIET, location: own.href }).end();
    return true;
  }
  const from = asks.address(request);
  const { url, cookie } = await login.begin({ to: query.get("to"), from });
  const kept = attemptCookie(cookie, COOKIE_S, asks.isEncrypted(request));
  response.writeHead(302, { ...QUIET, location: url, "set-cookie": kept }).end();
  return true;
}

const QUIET = { "cache-control": "no-store", "referrer-policy": "no-referrer" };

async function takeBack(
  { request, response, asks, query }: Exchange,
  login: OAuthLogin,
): Promise<true> {
  const cookie = cookieOf(request);
  const from = asks.address(request);
  const { token, expiresAt, to } = await login.finish({ query, cookie, from });
  const isEncrypted = asks.isEncrypted(request);
  // A page of ours in between: what a redirect from elsewhere leads to would be asked for without the cookie.
  return sendShortPage(response, {
    ...{ title: "You are logged in.", text: "The dashboard comes at once." },
    link: { to: `../${to}`, words: "To the dashboard", isNext: true },
    headers: {
      "set-cookie": [
        sessionCookie(token, expiresAt, isEncrypted),
        attemptCookie("", 0, isEncrypted),
      ],
    },
  });
}

/** Sent along when another site leads here, as the issuer does. Without a path, it goes to this folder alone. */
function attemptCookie(value: string, seconds: number, isEncrypted: boolean): string {
  const parts = [
    `${ATTEMPT_COOKIE}=${value}`,
    "HttpOnly",
    "SameSite=Lax",
    `Max-Age=${seconds}`,
    ...(isEncrypted ? ["Secure"] : []),
  ];
  return parts.join("; ");
}

function cookieOf({ headers }: IncomingMessage): string | undefined {
  const pairs = (headers.cookie ?? "").split(";").map((pair) => pair.trim());
  return pairs
    .find((pair) => pair.startsWith(`${ATTEMPT_COOKIE}=`))
    ?.slice(ATTEMPT_COOKIE.length + 1);
}

function refused(response: ServerResponse, { status, message }: LoginRefusal): true {
  return sendShortPage(response, {
    ...{ status, title: "You are not logged in.", text: message },
    link: { to: "../", words: "To the dashboard" },
  });
}
