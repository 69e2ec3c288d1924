import { describe, expect, test } from "vitest";
import { bytes, readAll, text } from "../_object-store-parts.ts";
import { faultyBucket } from "./_faulty-bucket.ts";

const MB = 1_048_576;

async function* source(megabytes: number, fill = 0): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < megabytes; sent += 1) yield new Uint8Array(MB).fill(fill + sent);
}

describe("a stream of many parts", () => {
  test("comes whole through parts that fail and an end whose answer got lost", async () => {
    const { server, open } = await faultyBucket();
    const times = 1;
    server.inject({ operations: ["UploadPart"], fault: { kind: "lose_response" }, times: 2 });
    server.inject({ operations: ["UploadPart"], fault: { kind: "status", status: 500 }, times });
    server.inject({
      operations: ["CreateMultipartUpload"],
      fault: { kind: "lose_request" },
      times,
    });
    const end = ["CompleteMultipartUpload"] as const;
    server.inject({ operations: end, fault: { kind: "lose_response" }, times });
    const store = open();
    const { etag, bytes: size } = await store.putStream("key", source(20), { when: "absent" });
    expect(size).toBe(20 * MB);
    expect(await store.head("key")).toMatchObject({ etag, size });
    const body = (await store.get("key"))?.body ?? bytes("");
    expect(body.every((byte, at) => byte === Math.floor(at / MB))).toBe(true);
    expect(server.openUploads()).toBe(0);
  });

  test("is refused at its end where another one came meanwhile, and leaves no parts", async () => {
    const { server, open } = await faultyBucket();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield* source(18, 100);
      await open().put("key", bytes("theirs"), { when: "absent" });
    }
    const put = open().putStream("key", slow(), { when: "absent" });
    await expect(put).rejects.toMatchObject({ code: "precondition_failed" });
    expect(server.requests.at(-1)).toMatchObject({ operation: "AbortMultipartUpload" });
    expect(server.openUploads()).toBe(0);
    expect(text((await open().get("key"))?.body)).toBe("theirs");
  });

  test("is refused before its parts are sent where the key is taken already", async () => {
    const { server, open } = await faultyBucket();
    const store = open();
    await store.put("key", bytes("theirs"));
    const put = store.putStream("key", source(40), { when: "absent" });
    await expect(put).rejects.toMatchObject({ code: "precondition_failed" });
    expect(server.requests.some(({ operation }) => operation === "UploadPart")).toBe(false);
  });

  test("leaves no parts where one cannot be sent, nor where its source fails", async () => {
    const { server, open } = await faultyBucket();
    const store = open();
    const denied = { kind: "status", status: 403, code: "AccessDenied" } as const;
    server.inject({ operations: ["UploadPart"], fault: denied, after: 2 });
    await expect(store.putStream("key", source(40))).rejects.toMatchObject({ code: "denied" });
    server.heal();
    const failure = new Error("the source broke");
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* source(12);
      throw failure;
    }
    await expect(store.putStream("key", failing())).rejects.toBe(failure);
    expect(server.openUploads()).toBe(0);
    expect(server.keys()).toEqual([]);
  });
});

describe("reading", () => {
  test("a body goes on where its connection broke", async () => {
    const { server, open } = await faultyBucket();
    const store = open();
    await store.putStream("key", source(6));
    server.inject({ operations: ["GetObject"], fault: { kind: "cut_body" }, times: 3 });
    const got = await store.getStream("key", { range: { from: 5, to: 6 * MB - 6 } });
    const body = await readAll(got?.body ?? source(0));
    expect(body).toHaveLength(6 * MB - 10);
    expect(body.every((byte, at) => byte === Math.floor((at + 5) / MB))).toBe(true);
    server.inject({ operations: ["GetObject"], fault: { kind: "cut_body" }, times: 3 });
    expect((await store.get("key"))?.body).toHaveLength(6 * MB);
  });

  test("does not go on with another version", async () => {
    const { server, open } = await faultyBucket();
    const store = open();
    await store.putStream("key", source(6));
    server.inject({ operations: ["GetObject"], fault: { kind: "cut_body" }, times: 1 });
    const got = await store.getStream("key");
    await store.putStream("key", source(6, 100));
    await expect(readAll(got?.body ?? source(0))).rejects.toMatchObject({
      code: "unavailable",
      message: /replaced while it was read/,
    });
  });
});
