import { expect, test } from "vitest";
import { createOutgoing } from "./outgoing.ts";

/** A statement with two values as the bytes of the protocol. */
function expected(sql: string, value: string): Buffer {
  const int16 = (number: number) => Buffer.from([number >> 8, number & 255]);
  const int32 = (number: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(number);
    return bytes;
  };
  const message = (type: string, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts);
    return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
  };
  const text = Buffer.from(value);
  return Buffer.concat([
    message("P", Buffer.from(`\0${sql}\0`), int16(0)),
    message(
      "B",
      Buffer.from("page\0\0"),
      int16(0),
      int16(2),
      int32(text.length),
      text,
      int32(-1),
      int16(0),
    ),
    message("E", Buffer.from("page\0"), int32(16)),
    message("S"),
  ]);
}

test("statements of every length are sent as they are, wherever the buffer ends", () => {
  for (let length = 900; length < 2_200; length += 1) {
    const [sql, value] = ["x".repeat(length), "é".repeat(length % 7)];
    const outgoing = createOutgoing();
    outgoing.parse(sql);
    outgoing.bind("page", [value, null]);
    outgoing.execute("page", 16);
    outgoing.sync();
    expect([length, Buffer.compare(outgoing.bytes(), expected(sql, value))]).toEqual([length, 0]);
  }
});
