import type {
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "@modelcontextprotocol/client";

/** What is kept of one holder at one server. It holds secrets: whoever keeps it seals it. */
export interface Kept {
  /** By the authorization server that knows us by it. */
  readonly clients?: Readonly<Record<string, StoredOAuthClientInformation>>;
  readonly tokens?: StoredOAuthTokens;
  /** Epoch milliseconds. */
  readonly obtainedAt?: number;
  readonly discovery?: OAuthDiscoveryState;
  /** A sign-in that a person has yet to do. */
  readonly pending?: Pending;
  readonly verifier?: string;
}

export interface Pending {
  readonly url: string;
  readonly state: string;
  /** Epoch milliseconds. */
  readonly begunAt: number;
}

/** Where it is kept, durable once `write` resolves. */
export interface Vault {
  read(): Promise<Kept | undefined>;
  write(kept: Kept): Promise<void>;
}
