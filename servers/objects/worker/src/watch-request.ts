import { ObjectError } from "../../src/object-error.ts";
import { readRoute, type WatchQuery } from "../../src/wire/route.ts";
import { ATTACHMENT_BYTES, type Watcher } from "./sockets.ts";

/** How the front tells an object who watches; nothing that comes from outside gets here under this name. */
const WATCHER_HEADER = "x-trestle-watcher";

/** @throws ObjectError `too_large` where the token has more scopes than a sleeping socket can keep. */
export function toWatch(url: string, watcher: Watcher): Request {
  // A header carries no more than Latin letters.
  const text = encodeURIComponent(JSON.stringify(watcher));
  if (text.length > ATTACHMENT_BYTES) {
    throw new ObjectError(
      "too_large",
      "The scopes of this token are too many for watching; ask for one with fewer.",
    );
  }
  return new Request(url, { headers: { upgrade: "websocket", [WATCHER_HEADER]: text } });
}

export function readWatch(request: Request): {
  readonly watcher: Watcher;
  readonly query: WatchQuery;
} {
  const { pathname, search } = new URL(request.url);
  const route = readRoute("GET", `${pathname}${search}`);
  const text = request.headers.get(WATCHER_HEADER);
  if (route.kind !== "watch" || text === null) throw new Error("Only the front asks an object.");
  return { watcher: JSON.parse(decodeURIComponent(text)) as Watcher, query: route.query };
}
