import { TrestleError } from "@trestle/protocol";

export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

const DEFAULT: HttpAddress = { host: "127.0.0.1", port: 4110 };

/** `--http`, `--http 4110`, `--http :4110`, `--http host:4110`, `--http [::1]:4110`. */
export function parseHttpAddress(text: string | true): HttpAddress {
  if (text === true) return DEFAULT;
  const found = /^(?:\[([^\]]+)\]|([^:]*))?(?::?(\d+))?$/.exec(
    /^\d+$/.test(text) ? `:${text}` : text,
  );
  const port = found?.[3] === undefined ? DEFAULT.port : Number(found[3]);
  if (found === null || port > 65_535) {
    throw new TrestleError(
      "invalid_config",
      `--http ${text} is no address: write host:port, as in 127.0.0.1:4110.`,
    );
  }
  return { host: found[1] || found[2] || DEFAULT.host, port };
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
