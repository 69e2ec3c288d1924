import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { createProtobufWriter, fieldsOf } from "./protobuf.ts";

const { root } = protobuf.parse(`
  syntax = "proto3";
  message All { string text = 1; bytes digits = 2; uint64 number = 3; fixed64 time = 4; repeated All within = 15; }
`);
const message = root.lookupType("All");
const read = (bytes: Uint8Array) =>
  message.toObject(message.decode(bytes), { longs: String, bytes: String, defaults: true });

test.each(["", "a", "é", "😀", "x".repeat(127), "x".repeat(128), "ü".repeat(70_000)])(
  "text is read as it was written (%#)",
  (text) => {
    const writer = createProtobufWriter();
    writer.text(1, text);
    expect(read(writer.bytes())).toMatchObject({ text });
  },
);

test.each([0, 1, 127, 128, 2 ** 31, 2 ** 32, 2 ** 49 + 1, Number.MAX_SAFE_INTEGER])(
  "the number %d, and as many microseconds, are read as they were written",
  (number) => {
    const writer = createProtobufWriter();
    writer.varint(3, number);
    const time = BigInt(number) * 1_000n;
    writer.nanoseconds(4, number);
    expect(read(writer.bytes())).toMatchObject({ number: String(number), time: String(time) });
  },
);

test("messages stand within messages, and what was written before can be copied into them", () => {
  const writer = createProtobufWriter();
  const digits = "00ff10a5";
  const copied = fieldsOf((fields) => fields.hex(2, digits));
  const base64 = Buffer.from(digits, "hex").toString("base64");
  for (let time = 0; time < 2; time += 1) {
    writer.reset();
    for (let index = 0; index < 2_000; index += 1) {
      const outer = writer.begin(15);
      writer.copy(copied);
      const inner = writer.begin(15);
      writer.text(1, `${index}`.repeat(60));
      writer.end(inner);
      writer.end(outer);
    }
  }
  const { within } = read(writer.bytes());
  expect(within).toHaveLength(2_000);
  expect(within[1_999]).toMatchObject({ digits: base64, within: [{ text: "1999".repeat(60) }] });
});
