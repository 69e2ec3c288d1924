/** Why a login did not come to a session: for its person, and for the audit log. */
export class LoginRefusal extends Error {
  override readonly name = "LoginRefusal";
  /** Of the page that says so. */
  readonly status: number;
  /** A few words of ours, for the audit log. */
  readonly reason: string;
  /** Somebody may have tried: it counts against where it came from. */
  readonly isSuspect: boolean;

  constructor(message: string, { status = 400, reason, isSuspect = false }: LoginRefusalFacts) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.isSuspect = isSuspect;
  }
}

export interface LoginRefusalFacts {
  readonly status?: number;
  readonly reason: string;
  readonly isSuspect?: boolean;
}

const suspect = (reason: string, message: string): LoginRefusal =>
  new LoginRefusal(message, { reason, isSuspect: true });

export const notBegunHere = (): LoginRefusal =>
  suspect(
    "state",
    "This browser did not begin this login, or has finished it already. Begin it again in the dashboard. If a link that somebody sent you led here, do not use it.",
  );

export const expired = (): LoginRefusal =>
  new LoginRefusal("It was begun more than ten minutes ago. Begin it again in the dashboard.", {
    reason: "expired",
  });

export const replayed = (): LoginRefusal =>
  suspect("replayed", "This login was finished already. Begin a new one in the dashboard.");

export const foreignIssuer = (host: string): LoginRefusal =>
  suspect(
    "issuer",
    `This answer does not come from ${host}, where the login was begun. Begin it again; if that repeats, tell whoever runs the bridge.`,
  );

export const deniedByPerson = (host: string): LoginRefusal =>
  new LoginRefusal(
    `${host} says that this was not allowed. Begin again and allow it, or log in with a key.`,
    { status: 403, reason: "denied by the user" },
  );

export const issuerSaid = (host: string, code: string): LoginRefusal =>
  new LoginRefusal(
    `${host} answered "${code}". Begin again; if that repeats, whoever runs the bridge checks access.oauth.login, and what ${host} knows of this client.`,
    { reason: `issuer said ${code}` },
  );

export const noToken = (host: string, code: string): LoginRefusal =>
  suspect(
    `no token: ${code}`,
    `${host} gave no token for this ("${code}"). Begin again; if that repeats, whoever runs the bridge checks clientId and clientSecret of access.oauth.login.`,
  );

export const notForUs = (host: string, why: string, resource: string): LoginRefusal =>
  new LoginRefusal(
    `The token that ${host} gave is not taken here: ${why}. Whoever runs the bridge has ${host} give JSON Web Tokens for ${resource}, or sets access.oauth.audience to whom they are for.`,
    { status: 403, reason: `token: ${why}` },
  );

export const tooLarge = (host: string): LoginRefusal =>
  new LoginRefusal(
    `The token that ${host} gave has more scopes than a cookie can carry. Whoever runs the bridge asks for fewer, in access.oauth.login.scopes.`,
    { status: 403, reason: "token: too many scopes" },
  );

export const unavailable = (host: string): LoginRefusal =>
  new LoginRefusal(
    `${host} cannot be asked now. Try again in a moment; if that repeats, the log of the bridge says why.`,
    { status: 503, reason: "issuer cannot be asked" },
  );

export const tooMany = (waitMs: number): LoginRefusal =>
  new LoginRefusal(
    `Too many logins from your address came to nothing. Begin again in ${Math.ceil(waitMs / 1_000)} seconds.`,
    { status: 429, reason: "too many failed ones" },
  );
