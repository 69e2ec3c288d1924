import { TrestleError } from "@trestle/protocol";

/** `host:port`, `[::1]:4120`. Throws `invalid_config`. */
export function readAddress(
  text: string | undefined,
): { readonly host: string; readonly port: number } | undefined {
  if (text === undefined) return undefined;
  const found = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new TrestleError(
    "invalid_config",
    `TRACKER_AGENTS_AT is ${JSON.stringify(text)}: write host:port, as in 127.0.0.1:4120.`,
  );
}
