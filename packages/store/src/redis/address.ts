import { TrestleError } from "@trestle/protocol";

/** One Redis, or nodes of a cluster by which the others are found. */
export type RedisAddress =
  | { readonly kind: "one"; readonly url: string; readonly where: string }
  | {
      readonly kind: "cluster";
      readonly nodes: readonly { readonly host: string; readonly port: number }[];
      readonly username?: string;
      readonly password?: string;
      readonly isEncrypted: boolean;
      readonly where: string;
    };

const PORT = 6_379;
const SCHEMES = /^rediss?(\+cluster)?:$/;

/**
 * Reads `redis://`, `rediss://`, `redis+cluster://` and `rediss+cluster://`, a cluster with further nodes as
 * `?nodes=host:port,host:port`. Throws `invalid_config`, without the address: it may hold a password.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const url = URL.parse(text);
  if (!url || !SCHEMES.test(url.protocol) || url.hostname === "") throw badAddress();
  const first = toNode(url.host);
  const where = `${first.host}:${first.port}`;
  if (!url.protocol.includes("cluster")) return { kind: "one", url: url.href, where };
  const others = (url.searchParams.get("nodes") ?? "").split(",").filter(Boolean).map(toNode);
  const { username, password } = url;
  return {
    kind: "cluster",
    nodes: [first, ...others],
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    isEncrypted: url.protocol.startsWith("rediss"),
    where: `cluster of ${where}`,
  };
}

function toNode(text: string): { host: string; port: number } {
  const { hostname, port, username } = URL.parse(`redis://${text}`) ?? {};
  if (!hostname || username) throw badAddress();
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port || PORT) };
}

function badAddress(): TrestleError {
  return new TrestleError(
    "invalid_config",
    "An address of Redis is redis://host:port, rediss://host:port, or redis+cluster://host:port?nodes=host:port,host:port.",
  );
}
