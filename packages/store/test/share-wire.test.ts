import { MAX_FRAME_BYTES, RpcError, TrestleError } from "@trestle/protocol";
import { expect, test } from "vitest";
import { fromWireError, toWireError } from "../src/index.ts";
import { fromLine, toLine } from "../src/share-wire.ts";

const travelled = (error: unknown) =>
  fromWireError(JSON.parse(JSON.stringify(toWireError(error) ?? {})));

test.each([
  new TrestleError("conflict", "Taken."),
  new TrestleError("rate_limited", "Later.", { retryable: true, retryAfterMs: 500 }),
  new TrestleError("not_found", "No.", { retryable: false, details: { key: "a" } }),
])("a failure arrives as it left: %s", (error) => {
  const { code, message, retryable, retryAfterMs, details } = error;
  expect(travelled(error)).toMatchObject({ code, message, retryable, retryAfterMs, details });
});

test.each([new RpcError(-32_602, "No."), new RpcError(-32_000, "No.", { at: 1 })])(
  "an error of the protocol stays one: %s",
  (error) => {
    const back = travelled(error);
    expect(back).toBeInstanceOf(RpcError);
    expect(back).toMatchObject({ code: error.code, message: "No." });
    expect((back as RpcError).data).toEqual(error.data);
  },
);

test("what nobody expected does not travel", () => {
  expect(toWireError(new Error("secret"))).toBeUndefined();
});

test("a message that the other side would not take is refused here, by bytes and not by characters", () => {
  const message = (character: string) => ({ id: 1, result: character.repeat(MAX_FRAME_BYTES / 2) });
  expect(() => toLine(message("é"))).toThrow("send or ask for less at once");
  expect(toLine(message("e")).length).toBeGreaterThan(MAX_FRAME_BYTES / 2);
});

test.each(["", "{", "[]", "7", "null"])("a line that is no message is left aside: %j", (line) => {
  expect(fromLine(line)).toBeUndefined();
});
