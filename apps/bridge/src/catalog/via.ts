import {
  type ClientFacts,
  isJsonObject,
  type JsonObject,
  type Logger,
  TRESTLE_META,
} from "@trestle/protocol";

/** More bridges than this between a client and a server are a mistake, whether or not they go in a circle. */
const MAX_BRIDGES = 8;

/** Is the client a bridge of ours that reads our lists for clients of its own? The command line has no version. */
export function isBridge({ info }: ClientFacts): boolean {
  return info?.name === "trestle" && typeof info.version === "string";
}

/** What is listed, with the word that it came through this bridge, too. */
export function passedOn(items: readonly JsonObject[], bridgeId: string): JsonObject[] {
  return items.map((item) => {
    const meta = isJsonObject(item._meta) ? item._meta : {};
    return { ...item, _meta: { ...meta, [TRESTLE_META.via]: [bridgeId, ...viaOf(item)] } };
  });
}

/** What has been here before, or is too far away. */
export function isLooped(item: JsonObject, bridgeId: string): boolean {
  const via = viaOf(item);
  return via.length >= MAX_BRIDGES || via.includes(bridgeId);
}

/** Says of a server that so many of its items were looped. Once: it stays so until somebody changes something. */
export function createLoopTeller(upstream: string, log: Logger): (items: number) => void {
  let isTold = false;
  return (items) => {
    if (items > 0 && !isTold) {
      log.warn(
        `"${upstream}" leads back to this bridge: what came through it already, or through too many bridges, is left out`,
        { upstream, items },
      );
    }
    isTold = items > 0;
  };
}

function viaOf({ _meta: meta }: JsonObject): string[] {
  const via = isJsonObject(meta) ? meta[TRESTLE_META.via] : undefined;
  return Array.isArray(via) ? via.filter((id) => typeof id === "string") : [];
}
