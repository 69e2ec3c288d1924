import { type ErrorCode, isTrestleError, messageOf, TrestleError } from "@trestle/protocol";

export interface Place {
  /** For people: `db.example.com:5432`. */
  readonly where: string;
  readonly secrets: readonly string[];
  readonly maxConnections: number;
  readonly connectionTimeoutMs: number;
}

/** Why no connection came about, and what to do. Never throws, never shows a secret. */
export function explainConnectFailure(error: unknown, place: Place): TrestleError {
  if (isTrestleError(error)) return error;
  const { code, message, retryable } = wordsFor(error, place);
  return new TrestleError(code, withoutSecrets(message, place.secrets), {
    retryable: retryable ?? false,
    ...sqlStateOf(error),
  });
}

/** Whatever was said, without what must not be. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) masked = masked.replaceAll(secret, "***");
  return masked.replaceAll(/\bpostgres(?:ql)?:\/\/[^\s"'`]+/g, "postgres://***");
}

interface Words {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable?: boolean;
}

function wordsFor(error: unknown, place: Place): Words {
  const { code } = error as { code?: string };
  const text = messageOf(error);
  const known = code === undefined ? undefined : byCode[code]?.(place, text);
  return known ?? byText(text, place) ?? unknownFailure(place, code, text);
}

const gone = (place: Place, why: string): Words => ({
  code: "unavailable",
  message: `The database at ${place.where} ${why}`,
  retryable: true,
});

const misconfigured = (message: string): Words => ({ code: "invalid_config", message });

const untrusted = (place: Place, text: string): Words =>
  misconfigured(
    `The certificate of ${place.where} is not trusted: ${text}. Name its authority by sslrootcert=FILE in DATABASE_URL; sslmode=require encrypts without checking it.`,
  );

const ofAnother = (place: Place, text: string): Words =>
  misconfigured(
    `The certificate of ${place.where} is not trusted: ${text}. Use the host's name that it was made for in DATABASE_URL; sslmode=verify-ca checks its authority alone.`,
  );

const expired = (place: Place): Words =>
  misconfigured(
    `The certificate of ${place.where} has expired. Renew it at the server; sslmode=require encrypts without checking it.`,
  );

/** Said where a line of pg_hba.conf might fit, were the connection encrypted. */
const NOT_ENCRYPTED = /no encryption|SSL off/;

const byCode: Readonly<Record<string, (place: Place, text: string) => Words>> = {
  ECONNREFUSED: (place) =>
    gone(place, "does not accept connections. Start it, or correct host and port in DATABASE_URL."),
  ENOTFOUND: (place) => gone(place, "is not known by that name. Correct the host in DATABASE_URL."),
  EAI_AGAIN: (place) => gone(place, "can not be looked up now: the network or its DNS is down."),
  ENOENT: (place) => gone(place, "has no socket there. Start it, or correct DATABASE_URL."),
  ETIMEDOUT: (place) => gone(place, "does not answer. Look at the network and its firewall."),
  EHOSTUNREACH: (place) => gone(place, "can not be reached. Look at the network."),
  ENETUNREACH: (place) => gone(place, "can not be reached. Look at the network."),
  ECONNRESET: (place) => gone(place, "closed the connection while it was made. Try again."),
  "28P01": (place, text) =>
    misconfigured(`${place.where} refused: ${text}. Correct user or password in DATABASE_URL.`),
  "28000": (place, text) =>
    misconfigured(
      `${place.where} refused: ${text}. Correct the user in DATABASE_URL, or let the server's pg_hba.conf allow it${NOT_ENCRYPTED.test(text) ? "; it may want TLS, which sslmode=require asks for" : ""}.`,
    ),
  "3D000": (place, text) =>
    misconfigured(`${place.where} answered: ${text}. Correct the database name in DATABASE_URL.`),
  "53300": (place) =>
    gone(
      place,
      "has no connection left to give. Try again later; close other programs' connections, raise the server's max_connections, or set DATABASE_MAX_CONNECTIONS lower.",
    ),
  "57P03": (place, text) => gone(place, `is not ready: ${text}. Try again in a moment.`),
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: expired,
  ERR_TLS_CERT_ALTNAME_INVALID: ofAnother,
};

function byText(text: string, place: Place): Words | undefined {
  if (text === "The server does not support SSL connections")
    return misconfigured(
      `${place.where} does not offer TLS, and DATABASE_URL asks for it. Turn TLS on at the server; on a network that you trust, sslmode=disable goes without.`,
    );
  if (text === "timeout exceeded when trying to connect")
    return {
      code: "unavailable",
      message: `All ${place.maxConnections} connections were busy for ${place.connectionTimeoutMs / 1000} s. Try again later, or set DATABASE_MAX_CONNECTIONS higher.`,
      retryable: true,
    };
  if (text.includes("due to connection timeout"))
    return gone(
      place,
      `did not answer within ${place.connectionTimeoutMs / 1000} s. Look at the network, or set DATABASE_CONNECTION_TIMEOUT_MS higher.`,
    );
  if (/password must be a string|password is an empty string/i.test(text))
    return misconfigured(`${place.where} wants a password. Put it into DATABASE_URL.`);
  return undefined;
}

function unknownFailure(place: Place, code: string | undefined, text: string): Words {
  const name = code === undefined ? "" : ` (${code})`;
  return gone(place, `could not be connected to: ${text}${name}.`);
}

function sqlStateOf(error: unknown): { details?: { sqlState: string } } {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code)
    ? { details: { sqlState: code } }
    : {};
}
