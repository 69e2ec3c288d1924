import { LOCAL_PRINCIPAL, messageOf, type ServerDefinition } from "@trestle/protocol";

/**
 * Mounts as it is told to, and opens the server without waiting for a request: who serves alone on HTTP is there to read
 * and to watch. On stdio nothing may begin before the first request, since hosts start a server to look at it.
 */
export function beginAtStart(mount: ServerDefinition["mount"]): ServerDefinition["mount"] {
  return (host, settings) => {
    const instance = mount(host, settings);
    const stop = new AbortController();
    instance
      .request(
        "tools/call",
        { name: "watch", arguments: { action: "list" } },
        {
          principal: LOCAL_PRINCIPAL,
          signal: stop.signal,
          client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
        },
      )
      .catch((error) => {
        if (stop.signal.aborted) return;
        host.log.error("nothing is read or watched before the next request", {
          error: messageOf(error),
        });
      });
    return {
      ...instance,
      async close() {
        stop.abort();
        await instance.close();
      },
    };
  };
}
