import { TrestleError } from "@trestle/protocol";
import type { ClusterAddress } from "./wires.ts";

export type Address =
  | { readonly kind: "one"; readonly url: string }
  | { readonly kind: "cluster"; readonly cluster: ClusterAddress };

const PORT = 6_379;

/**
 * What `REDIS_URL` and `REDIS_CLUSTER` name. With nodes, or as `redis+cluster://host:port`, it is a cluster, whose user,
 * password and encryption are those of the URL. A database in it is left aside. Throws `invalid_config`.
 */
export function parseAddress(url: string | undefined, nodes: readonly string[] = []): Address {
  const parsed = url === undefined ? undefined : URL.parse(url);
  const isUnderstood = parsed && /^rediss?(\+cluster)?:$/.test(parsed.protocol);
  if (url !== undefined && !isUnderstood) throw badAddress();
  if (!parsed && nodes.length === 0) throw badAddress();
  const isCluster = nodes.length > 0 || parsed?.protocol.includes("cluster");
  if (parsed && !isCluster) {
    parsed.pathname = "";
    return { kind: "one", url: parsed.href };
  }
  const { username = "", password = "", protocol = "" } = parsed ?? {};
  const own = parsed ? [nodeOf(`${parsed.hostname}:${parsed.port || PORT}`)] : [];
  return {
    kind: "cluster",
    cluster: {
      nodes: nodes.length > 0 ? nodes.map(nodeOf) : own,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      isEncrypted: protocol.startsWith("rediss"),
    },
  };
}

function nodeOf(text: string) {
  const { hostname, port, username } = URL.parse(`redis://${text}`) ?? {};
  if (!hostname || username) throw badAddress();
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port || PORT) };
}

function badAddress(): TrestleError {
  return new TrestleError(
    "invalid_config",
    "The address of Redis has to be redis://host:port, rediss://host:port or redis+cluster://host:port, " +
      "and REDIS_CLUSTER a list of host:port.",
  );
}
