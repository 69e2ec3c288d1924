import { randomUUID } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { messageOf } from "@trestle/protocol";

/** How the programs that the suite starts know where to hand in what they were told. */
export const DESK_VARIABLE = "TRESTLE_CONFORMANCE_DESK";

/** A scenario of the suite, with its server open. */
export interface Handed {
  readonly url: string;
  readonly scenario: string;
  /** The revision that the server speaks. */
  readonly version: string;
  readonly context: ScenarioContext;
}

/** What a scenario says of itself to the client. */
export interface ScenarioContext {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly toolCalls?: readonly { name: string; arguments: Record<string, unknown> }[];
}

interface Desk {
  /** A socket on this machine. */
  readonly path: string;
  close(): Promise<void>;
}

/** Takes scenarios and plays so many at a time; whoever handed one in is told what happened when it is over. */
export async function openDesk(
  places: number,
  play: (handed: Handed) => Promise<string>,
): Promise<Desk> {
  const path = join(tmpdir(), `trestle-desk-${randomUUID().slice(0, 13)}`);
  const waiting: { readonly socket: Socket; readonly handed: Handed }[] = [];
  let free = places;

  function next(): void {
    const turn = free > 0 ? waiting.shift() : undefined;
    if (!turn) return;
    free -= 1;
    void play(turn.handed)
      .catch(messageOf)
      .then((said) => {
        turn.socket.end(said);
        free += 1;
        next();
      });
  }

  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on("error", () => {});
    waiting.push({ socket, handed: JSON.parse(await text(socket)) });
    next();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { path, close: () => new Promise((resolve) => void server.close(() => resolve())) };
}
