import { createLineSplitter } from "@trestle/protocol";
import type { Terminal } from "../cli/terminal.ts";
import type { Exchange } from "./exchange.ts";
import { openReplay } from "./peers.ts";

/** Is the server of a record, on stdin and stdout, until the input ends. */
export async function serveReplay(
  exchanges: readonly Exchange[],
  { input, output, stopped }: Pick<Terminal, "input" | "output" | "stopped">,
): Promise<void> {
  const splitter = createLineSplitter();
  const peer = openReplay(exchanges)({
    onLine: (line) => void output.write(`${line}\n`),
    onStderr: () => {},
    onEnd: () => {},
  });
  const ended = new Promise<void>((resolve) => input.once("end", resolve));
  input.on("data", (chunk: Buffer) => {
    for (const line of splitter.push(chunk).lines) peer.send(line);
  });
  await Promise.race([ended, stopped]);
}
