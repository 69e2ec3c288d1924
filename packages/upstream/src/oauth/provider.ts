import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  StoredOAuthClientInformation,
} from "@modelcontextprotocol/client";
import { TrestleError } from "@trestle/protocol";
import type { Kept } from "./kept.ts";
import type { OAuthSettings } from "./settings.ts";

export interface ProviderParts {
  readonly upstream: string;
  readonly settings: OAuthSettings;
  /** Where the browser comes back to. */
  readonly redirectUrl: string;
  readonly now: () => number;
  readonly newState: () => string;
  kept(): Kept;
  /** Changes what is kept; resolves when it is durable. */
  change(change: (kept: Kept) => Kept): Promise<void>;
}

type Client = StoredOAuthClientInformation;

/** What the SDK's OAuth asks and tells, over what is kept of one holder. */
export function createProvider(parts: ProviderParts): OAuthClientProvider {
  const { settings, redirectUrl, now, kept, change } = parts;
  const isInteractive = settings.grant === "authorization_code";
  let state = "";
  const saveClient = (client: Client, issuer = "") =>
    change((before) => ({ ...before, clients: { ...before.clients, [issuer]: client } }));
  return {
    redirectUrl: isInteractive ? redirectUrl : undefined,
    ...(settings.clientMetadataUrl !== undefined && {
      clientMetadataUrl: settings.clientMetadataUrl,
    }),
    clientMetadata: metadataOf(settings, redirectUrl),
    state() {
      state = parts.newState();
      return state;
    },
    async clientInformation(context) {
      const { client, isNew } = clientOf(parts, context?.issuer);
      if (isNew) await saveClient(client, context?.issuer);
      return client;
    },
    saveClientInformation: (client, context) => saveClient(client, context?.issuer),
    tokens: () => kept().tokens,
    saveTokens: (tokens) =>
      change(({ pending: _, verifier: __, ...before }) => ({
        ...before,
        tokens,
        obtainedAt: now(),
      })),
    redirectToAuthorization: (url) =>
      change((before) => ({ ...before, pending: { url: url.href, state, begunAt: now() } })),
    saveCodeVerifier: (verifier) => change((before) => ({ ...before, verifier })),
    codeVerifier: () => kept().verifier ?? "",
    saveDiscoveryState: (discovery) => change((before) => ({ ...before, discovery })),
    discoveryState: () => kept().discovery,
    ...(!isInteractive && {
      prepareTokenRequest: (scope?: string) =>
        new URLSearchParams({ grant_type: settings.grant, ...(scope && { scope }) }),
    }),
    invalidateCredentials: (scope) => change((before) => without(before, scope)),
  };
}

function metadataOf(settings: OAuthSettings, redirectUrl: string): OAuthClientMetadata {
  const { grant, clientSecret, scope } = settings;
  return {
    client_name: "Trestle",
    redirect_uris: grant === "authorization_code" ? [redirectUrl] : [],
    grant_types: grant === "authorization_code" ? [grant, "refresh_token"] : [grant],
    response_types: grant === "authorization_code" ? ["code"] : [],
    application_type: "native",
    token_endpoint_auth_method: clientSecret === undefined ? "none" : "client_secret_basic",
    ...(scope !== undefined && { scope }),
  };
}

/** A secret goes to the authorization server that it is of, whatever others a server names later. */
function clientOf(
  { upstream, settings, redirectUrl, kept }: ProviderParts,
  issuer = "",
): { readonly client: Client; readonly isNew: true } | Known {
  const { clientId, clientSecret } = settings;
  const clients = kept().clients ?? {};
  const known = Object.keys(clients).find((each) => clients[each]?.client_id === clientId);
  const expected = settings.issuer ?? known;
  if (expected !== undefined && issuer !== "" && !isSame(expected, issuer)) {
    throw new TrestleError(
      "denied",
      `Upstream "${upstream}" names the authorization server ${issuer}, and not ${expected}. Set oauth.issuer to it, if you trust it, and sign in anew.`,
      { details: { upstream } },
    );
  }
  if (clientId === undefined)
    return { client: registered(clients[issuer], redirectUrl), isNew: false };
  const secret = clientSecret === undefined ? {} : { client_secret: clientSecret };
  const client = { client_id: clientId, ...secret, issuer: issuer || (known ?? "") };
  return known === undefined && issuer !== ""
    ? { client, isNew: true }
    : { client: client.issuer === "" ? undefined : client, isNew: false };
}

interface Known {
  readonly client: Client | undefined;
  readonly isNew: false;
}

/** One that was registered for another address to come back to is of no use: we register anew. */
function registered(client: Client | undefined, redirectUrl: string): Client | undefined {
  const known = client && "redirect_uris" in client ? client.redirect_uris : undefined;
  return known === undefined || known.length === 0 || known.includes(redirectUrl)
    ? client
    : undefined;
}

function isSame(one: string, other: string): boolean {
  return one.replace(/\/$/, "") === other.replace(/\/$/, "");
}

function without(kept: Kept, scope: "all" | "client" | "tokens" | "verifier" | "discovery"): Kept {
  const { clients, tokens, obtainedAt, discovery, verifier, pending } = kept;
  const isOver = (part: typeof scope) => scope === part || scope === "all";
  return {
    ...(clients && !isOver("client") && { clients }),
    ...(tokens && obtainedAt !== undefined && !isOver("tokens") && { tokens, obtainedAt }),
    ...(discovery && !isOver("discovery") && { discovery }),
    ...(verifier !== undefined && !isOver("verifier") && { verifier }),
    ...(pending && !isOver("verifier") && { pending }),
  };
}
