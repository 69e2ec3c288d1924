import { EventEmitter } from "node:events";
import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { limitMessages } from "./message-limit.ts";

const random = seededRandom();

function message(length: number): Buffer {
  const bytes = Buffer.alloc(length + 5, random.below(256));
  bytes.writeUInt32BE(length + 4, 1);
  return bytes;
}

/** Sends bytes in pieces of any size; tells after how many of them it was too much, or undefined. */
function send(bytes: Buffer): number | undefined {
  const stream = new EventEmitter();
  let sent = 0;
  let stopped: number | undefined;
  limitMessages(stream, 100, () => {
    stopped ??= sent;
  });
  while (sent < bytes.length) {
    const size = 1 + random.below(20);
    const piece = bytes.subarray(sent, sent + size);
    sent += piece.length;
    stream.emit("data", piece);
  }
  return stopped;
}

test("messages up to the limit pass, however they are cut into pieces", () => {
  for (let round = random.rounds(200); round > 0; round -= 1) {
    const lengths = Array.from({ length: 30 }, () => random.below(101));
    expect(send(Buffer.concat(lengths.map(message)))).toBeUndefined();
  }
});

test("a longer one is told by its first bytes", () => {
  for (let round = random.rounds(200); round > 0; round -= 1) {
    const before = Buffer.concat([message(random.below(101)), message(0)]);
    const stopped = send(Buffer.concat([before, message(5_000), message(1)]));
    expect(stopped).toBeGreaterThanOrEqual(before.length + 5);
    expect(stopped).toBeLessThanOrEqual(before.length + 5 + 20);
  }
});
