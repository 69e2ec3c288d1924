import type { Clock, Logger } from "@trestle/protocol";
import { TrestleError } from "@trestle/protocol";
import type { HttpConfig } from "../config.ts";
import type { Link } from "../json-rpc/link.ts";
import type { Verdict } from "../verdicts.ts";
import { withCredentials } from "./credentials.ts";
import { createExchange } from "./exchange.ts";
import { openSseLink } from "./sse-link.ts";
import { createStreamableLink } from "./streamable-link.ts";

export interface DialParts {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** A link over the given HTTP transport. */
export function dialHttp(
  config: HttpConfig,
  transport: NonNullable<Verdict["transport"]>,
  parts: DialParts,
): Promise<Link> {
  const exchange = createExchange(checked(config).href, config);
  const { credentials } = config;
  const options = {
    ...parts,
    upstream: config.id,
    exchange: credentials ? withCredentials(exchange, credentials) : exchange,
    headers: lowerCased(config.headers ?? {}),
  };
  return transport === "sse"
    ? openSseLink(options, parts.signal)
    : Promise.resolve(createStreamableLink(options));
}

function checked({ id, url }: HttpConfig): URL {
  const parsed = URL.parse(url);
  if (parsed?.protocol === "http:" || parsed?.protocol === "https:") return parsed;
  throw new TrestleError(
    "invalid_config",
    `The url of upstream "${id}" is no http(s) address: ${JSON.stringify(url)}.`,
  );
}

/** So that a configured header is never sent beside our own of another spelling. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
