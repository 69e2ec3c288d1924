import type { Clock } from "@trestle/protocol";
import type { WebSocket } from "ws";
import { CLOSE } from "../../protocol.ts";

const INTERVAL_MS = 30_000;

/** Ends a socket whose peer is silent for two intervals, or whose token has ended. Returns what ends the looking. */
export function keepAlive(
  socket: WebSocket,
  {
    clock,
    expiresAt = Infinity,
  }: { readonly clock: Clock; readonly expiresAt: number | undefined },
): () => void {
  let isAlive = true;
  let cancel = () => {};
  socket.on("pong", () => {
    isAlive = true;
  });

  function look(): void {
    if (clock.now() >= expiresAt) {
      socket.close(CLOSE.expired, "The token has ended; connect with a new one.");
      return;
    }
    if (!isAlive) {
      socket.terminate();
      return;
    }
    isAlive = false;
    if (socket.readyState === socket.OPEN) socket.ping();
    arm();
  }

  function arm(): void {
    cancel = clock.after(Math.max(1, Math.min(INTERVAL_MS, expiresAt - clock.now())), look);
  }

  arm();
  return () => cancel();
}
