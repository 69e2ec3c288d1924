import { createLineSplitter } from "@trestle/protocol";
import type { Message, Outcome } from "./faulty-tools.ts";

/** Serves on stdin and stdout. */
export function serveFaultyStdio(take: (message: Message) => Outcome): void {
  const splitter = createLineSplitter();
  process.stdin.on("data", (chunk: Buffer) => {
    for (const line of splitter.push(chunk).lines) {
      const message = JSON.parse(line) as Message;
      if (message.id !== undefined) answer(take(message));
    }
  });
}

function answer({ answer, fault, afterMs }: Outcome): void {
  switch (fault) {
    case "die_before":
    case "die_after":
      process.kill(process.pid, "SIGKILL");
      return;
    case "hang":
      return;
    case "garbage":
      process.stdout.write("Segmentation fault? No: a word on the wrong stream\n");
      return;
    case "truncated":
      // A frame on stdio ends with its line, or with its process.
      process.stdout.write(answer.slice(0, answer.length / 2), () =>
        process.kill(process.pid, "SIGKILL"),
      );
      return;
    default:
      setTimeout(() => process.stdout.write(`${answer}\n`), afterMs);
  }
}
