/** How we sign in at a server that wants OAuth. */
export interface OAuthSettings {
  /** `authorization_code`: a person signs in, once; `client_credentials`: we do so by ourselves. */
  readonly grant: "authorization_code" | "client_credentials";
  /** As the authorization server knows us; left out, we register. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** An https address at which our client metadata can be read: it is our client id then. */
  readonly clientMetadataUrl?: string | undefined;
  /** Scopes to ask for, separated by spaces; left out, what the server names. */
  readonly scope?: string | undefined;
  /** The only authorization server that we sign in at; left out, the first that the server names. */
  readonly issuer?: string | undefined;
}
