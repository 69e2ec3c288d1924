import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { messageOf, TrestleError } from "@trestle/protocol";

export const SSL_MODES = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
  "no-verify",
] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** A connection string taken apart. What is secret in it is nowhere else. */
export interface PostgresTarget {
  /** Without what is said by the other fields. */
  readonly connectionString: string;
  readonly host: string;
  readonly sslMode: SslMode;
  readonly ssl: false | ConnectionOptions;
  readonly channelBinding: boolean;
  /** What must not be shown, longest first. */
  readonly secrets: readonly string[];
}

const OWN_PARAMETERS = [
  "sslmode",
  "ssl",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "channel_binding",
  "uselibpqcompat",
];

/** `sslmode` means what it means to libpq. Throws `invalid_config`, without a word of the string. */
export function parsePostgresUrl(text: string): PostgresTarget {
  const url = toUrl(text);
  const { searchParams } = url;
  const host = searchParams.get("host") ?? decodeURIComponent(url.hostname);
  const sslMode = sslModeOf(searchParams, host);
  const ssl = sslMode === "disable" ? false : sslOptions(sslMode, searchParams);
  const channelBinding = ["require", "prefer"].includes(searchParams.get("channel_binding") ?? "");
  const password = url.password;
  for (const name of OWN_PARAMETERS) searchParams.delete(name);
  return {
    connectionString: url.href,
    host,
    sslMode,
    ssl,
    channelBinding,
    secrets: secretsOf(text, password),
  };
}

function toUrl(text: string): URL {
  try {
    const url = new URL(text);
    decodeURIComponent(url.password);
    decodeURIComponent(url.username);
    return url;
  } catch {
    throw new TrestleError(
      "invalid_config",
      "DATABASE_URL is not a URL: it looks like postgres://user:password@host:5432/database, with what is special in user and password percent-encoded (@ as %40, / as %2F, # as %23).",
    );
  }
}

/** libpq tries TLS first and goes without where the server has none; on this machine there is nobody to listen. */
function sslModeOf(parameters: URLSearchParams, host: string): SslMode {
  const given = parameters.get("sslmode") ?? (parameters.get("ssl") === "true" ? "require" : "");
  if (given === "")
    return host === "" || host.startsWith("/") || isLoopback(host) ? "disable" : "prefer";
  if ((SSL_MODES as readonly string[]).includes(given)) return given as SslMode;
  throw new TrestleError(
    "invalid_config",
    `DATABASE_URL has sslmode=${given.slice(0, 20)}; use one of ${SSL_MODES.join(", ")}.`,
  );
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.startsWith("127.") || host === "[::1]";
}

function sslOptions(mode: SslMode, parameters: URLSearchParams): ConnectionOptions {
  const ca = readPem(parameters, "sslrootcert");
  const cert = readPem(parameters, "sslcert");
  const key = readPem(parameters, "sslkey");
  const verifies = mode.startsWith("verify") || (mode === "require" && ca !== undefined);
  return {
    rejectUnauthorized: verifies,
    ...(mode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function readPem(parameters: URLSearchParams, name: string): string | undefined {
  const path = parameters.get(name);
  if (path === null || path === "system") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new TrestleError(
      "invalid_config",
      `DATABASE_URL names a file by ${name} that can not be read: ${messageOf(error)}.`,
    );
  }
}

function secretsOf(text: string, password: string): string[] {
  const plain = decodeURIComponent(password);
  return [...new Set([text, password, plain])].filter((secret) => secret.length >= 4);
}
