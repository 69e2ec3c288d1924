import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Clock, type JsonObject, TrestleError } from "@trestle/protocol";
import type { Credentials } from "@trestle/upstream";
import type { OAuthCredentials, OAuthSettings, Return } from "@trestle/upstream/oauth";
import type { Access } from "../access/access.ts";
import { withSecrets } from "../config/commands.ts";
import type { LiveConfig } from "../config/live.ts";
import type { HttpEntry } from "../config/schema.ts";
import type { ServerConfig } from "../config/servers.ts";
import { callbackUrl } from "./callback-url.ts";
import { OPERATOR, type SignInPlace } from "./place.ts";

export interface SignInsParts {
  readonly live: LiveConfig;
  readonly access: Pick<Access, "audit" | "sealer" | "fingerprint" | "needsKey">;
  /** Where credentials are kept. */
  readonly folder: string;
  readonly clock: Clock;
  readonly newId: () => string;
}

export interface SignInStatus {
  readonly server: string;
  readonly isSignedIn: boolean;
  /** Somebody was told where to sign in, and has not done it yet. */
  readonly isPending: boolean;
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
}

/** People and programs that sign in at servers which want OAuth. */
export interface SignIns {
  /** What a connection shows its server; nothing of OAuth is loaded before the server asks for it. */
  credentials(server: HttpServer, holder: string): Credentials | undefined;
  /** Where a person signs in; undefined where nobody has to. Throws `not_found`. */
  begin(server: string, holder: string): Promise<string | undefined>;
  /** Takes what a browser brought back, and tells for which server. Throws `denied`. */
  finish(back: Return): Promise<string>;
  status(server: string, holder: string): Promise<SignInStatus>;
  signOut(server: string, holder: string): Promise<void>;
  /** Has a server asked for a sign-in, in this run, for what all share? */
  isWanted(server: string): boolean;
  /** Servers at which somebody can sign in. */
  servers(): readonly string[];
}

export type HttpServer = Extract<ServerConfig, { kind: "http" }>;

const STATE = { context: "sign-in" };

export function createSignIns(parts: SignInsParts): SignIns {
  const { live, access, folder, clock } = parts;
  const open = new Map<string, Promise<OAuthCredentials>>();
  const wanted = new Set<string>();

  function nameOf({ server, url, holder }: SignInPlace): string {
    return access.fingerprint(JSON.stringify(["sign-in", server, url, holder])).slice(0, 32);
  }

  function fileOf(place: SignInPlace): string {
    return join(folder, `${nameOf(place)}.sealed`);
  }

  function credentialsOf(place: SignInPlace, entry: HttpEntry): Promise<OAuthCredentials> {
    // Other settings are other credentials: the file is read anew.
    const key = JSON.stringify([place, entry.oauth]);
    const known = open.get(key);
    if (known) return known;
    const opening = openCredentials(place, entry);
    open.set(key, opening);
    opening.catch(() => open.delete(key));
    return opening;
  }

  async function openCredentials(place: SignInPlace, entry: HttpEntry): Promise<OAuthCredentials> {
    const [{ openOAuthCredentials }, { openVault }, { createGuardedFetch }] = await Promise.all([
      import("@trestle/upstream/oauth"),
      import("./vault.ts"),
      import("./guarded-fetch.ts"),
    ]);
    const { server, url, holder } = place;
    return openOAuthCredentials({
      ...{ upstream: server, url, clock, settings: settingsOf(entry) },
      vault: openVault(fileOf(place), access.sealer, `sign-in ${JSON.stringify(place)}`),
      fetch: createGuardedFetch({
        ...{ server: url, issuer: settingsOf(entry).issuer, clock },
        listed: () => live.current().upstreams.allowHosts,
        onRefused: (host) => access.audit.refused({ event: "address_refused", server, host }),
      }),
      redirectUrl: callbackUrl(live.current()),
      newState: () => access.sealer.seal({ server, holder, nonce: parts.newId() }, STATE),
      // One person's sign-in is used for all: a stranger's must not take its place.
      tellsAddress: () => holder !== OPERATOR || !access.needsKey(),
      how: `Whoever runs the bridge signs in with: trestle auth login ${server}`,
    });
  }

  async function find(
    server: string,
    holder: string,
  ): Promise<{ place: SignInPlace; entry: HttpEntry }> {
    const { servers, secrets } = live.current();
    const named = servers.find((each) => each.id === server || each.aliases.includes(server));
    const found = named && named.commands.length > 0 ? await withSecrets(named, secrets) : named;
    if (found?.kind !== "http" || !canSignIn(found)) {
      throw new TrestleError(
        "not_found",
        `"${server}" is no server at which anybody signs in: that takes a url, and neither an Authorization header nor "oauth": false.`,
      );
    }
    return { place: { server: found.id, url: found.entry.url, holder }, entry: found.entry };
  }

  const of = async (server: string, holder: string): Promise<OAuthCredentials> => {
    const { place, entry } = await find(server, holder);
    return credentialsOf(place, entry);
  };

  return {
    credentials(server, holder) {
      if (!canSignIn(server)) return undefined;
      const { entry, id } = server;
      const place = { server: id, url: entry.url, holder };
      return createLateCredentials({
        isKept: existsSync(fileOf(place)) || settingsOf(entry).grant === "client_credentials",
        isAskedFor: entry.oauth !== undefined,
        open: () => credentialsOf(place, entry),
        onWanted: () => void (holder === OPERATOR && wanted.add(id)),
      });
    },
    async begin(server, holder) {
      return (await of(server, holder)).begin();
    },
    async finish(back) {
      const { server, holder } = placeIn(back.state, access);
      await (await of(server, holder)).finish(back);
      return server;
    },
    async status(server, holder) {
      return { server, ...(await (await of(server, holder)).status()) };
    },
    async signOut(server, holder) {
      await (await of(server, holder)).signOut();
    },
    isWanted: (server) => wanted.has(server),
    servers: () =>
      live
        .current()
        .servers.filter((server) => server.kind === "http" && canSignIn(server))
        .map(({ id }) => id),
  };
}

/** Which sign-in a browser comes back from: nobody else can say so. */
function placeIn(
  state: string | undefined,
  { sealer }: Pick<Access, "sealer">,
): { readonly server: string; readonly holder: string } {
  const { server, holder } = sealer.open(state ?? "", STATE) as JsonObject;
  return { server: String(server), holder: String(holder) };
}

function canSignIn({ entry }: HttpServer): boolean {
  const headers = Object.keys(entry.headers ?? {});
  return entry.oauth !== false && !headers.some((name) => name.toLowerCase() === "authorization");
}

function settingsOf({ oauth }: HttpEntry): OAuthSettings {
  return oauth === undefined || oauth === false ? { grant: "authorization_code" } : oauth;
}

interface LateParts {
  /** Is there something to show already? */
  readonly isKept: boolean;
  readonly isAskedFor: boolean;
  open(): Promise<OAuthCredentials>;
  onWanted(): void;
}

/** Most servers want no OAuth: what speaks it is loaded for those that do. */
function createLateCredentials({ isKept, isAskedFor, open, onWanted }: LateParts): Credentials {
  let opened: OAuthCredentials | undefined;
  async function get(): Promise<OAuthCredentials> {
    opened ??= await open();
    return opened;
  }
  return {
    headers() {
      if (opened) return opened.headers();
      return isKept ? get().then((credentials) => credentials.headers()) : {};
    },
    async refused(refusal) {
      const credentials = await get();
      try {
        return await credentials.refused(refusal);
      } catch (error) {
        // A server that never heard of OAuth refuses for a reason of its own, and says that better.
        if (isNeedsReauth(error)) onWanted();
        if (isAskedFor || isNeedsReauth(error)) throw error;
        return false;
      }
    },
  };
}

function isNeedsReauth(error: unknown): boolean {
  const { details } = error as { details?: { reason?: unknown } };
  return details?.reason === "needs_reauth";
}
