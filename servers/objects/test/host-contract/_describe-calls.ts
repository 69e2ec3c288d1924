import { describe, expect, test } from "vitest";
import type { ContractHost } from "./_describe-host.ts";

export function describeCalls(host: ContractHost): void {
  describe("calls", () => {
    test("an object is made once, and its methods change it", async () => {
      const wire = host.wire();
      const object = `counter/${host.newId()}`;
      expect(await wire.initialize(object, { value: 5 })).toMatchObject({
        seq: 1,
        result: { created: true },
        changed: true,
      });
      expect(await wire.initialize(object, { value: 9 })).toMatchObject({
        seq: 1,
        result: { created: false },
        changed: false,
      });
      expect(await wire.call(object, "increment", { by: 2 })).toMatchObject({
        seq: 2,
        result: { value: 7 },
      });
      expect(await wire.call(object, "get")).toMatchObject({ seq: 2, changed: false });
      const { body } = await wire.ask("GET", `/v1/objects/${object}`);
      expect(body).toMatchObject({ class: "counter", seq: 2, state: { value: 7 } });
      expect(body.updatedAt).toBeGreaterThanOrEqual(Number(body.createdAt));
    });

    test("a repeated call is done once and answered the same; its key stands for nothing else", async () => {
      const wire = host.wire();
      const object = `counter/${host.newId()}`;
      await wire.initialize(object);
      const first = await wire.call(object, "increment", { by: 2 }, { key: "once" });
      await wire.call(object, "increment");
      const again = await wire.call(object, "increment", { by: 2 }, { key: "once" });
      expect(again).toEqual({ ...first, changed: false, repeated: true });
      expect(await wire.call(object, "get")).toMatchObject({ result: { value: 3 } });
      await expect(
        wire.call(object, "increment", { by: 3 }, { key: "once" }),
      ).rejects.toMatchObject({ code: "conflict" });
      const other = await host.wireWith({ name: "bob" });
      expect(await other.call(object, "increment", { by: 2 }, { key: "once" })).toMatchObject({
        repeated: false,
      });
    });

    test("a call that expects a sequence number is done only there", async () => {
      const wire = host.wire();
      const object = `kv/${host.newId()}`;
      const { seq } = await wire.initialize(object);
      await wire.call(object, "put", { key: "a", value: 1 }, { expectedSeq: seq });
      await expect(
        wire.call(object, "put", { key: "a", value: 2 }, { expectedSeq: seq }),
      ).rejects.toMatchObject({ code: "conflict", details: { seq: 2, expectedSeq: 1 } });
      expect(await wire.call(object, "get", { key: "a" })).toMatchObject({ result: { value: 1 } });
    });

    test("calls at once happen one after the other, and each has a number of its own", async () => {
      const wire = host.wire();
      const object = `counter/${host.newId()}`;
      await wire.initialize(object);
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => wire.call(object, "increment")),
      );
      const seqs = answers.map(({ seq }) => Number(seq)).toSorted((a, b) => a - b);
      expect(seqs).toEqual(Array.from({ length: 40 }, (_, index) => index + 2));
      expect(await wire.call(object, "get")).toMatchObject({ result: { value: 40 } });
    });

    test("a deleted object is gone; made again it goes on with its numbers", async () => {
      const wire = host.wire();
      const object = `kv/${host.newId()}`;
      await wire.initialize(object);
      await wire.call(object, "put", { key: "a", value: 1 });
      const removed = await wire.ask("DELETE", `/v1/objects/${object}`, { key: "away" });
      expect(removed).toMatchObject({ status: 200, body: { seq: 3, result: { deleted: true } } });
      const again = await wire.ask("DELETE", `/v1/objects/${object}`, { key: "away" });
      expect(again.body).toMatchObject({ seq: 3, repeated: true });
      expect((await wire.ask("GET", `/v1/objects/${object}`)).status).toBe(404);
      await expect(wire.call(object, "get", { key: "a" })).rejects.toMatchObject({
        code: "not_found",
      });
      expect(await wire.initialize(object)).toMatchObject({ seq: 4, result: { created: true } });
      expect(await wire.call(object, "get", { key: "a" })).toMatchObject({
        result: { found: false },
      });
    });

    test("history tells who did what, without a gap", async () => {
      const wire = host.wire();
      const object = `counter/${host.newId()}`;
      await wire.initialize(object);
      await wire.call(object, "increment", {}, { key: "k1" });
      await wire.call(object, "get");
      await wire.call(object, "reset", { value: 4 });
      const { body } = await wire.ask("GET", `/v1/objects/${object}/events?since=1`);
      expect(body).toMatchObject({
        seq: 3,
        complete: true,
        events: [
          { seq: 2, kind: "called", method: "increment", caller: "ada", callId: "k1" },
          { seq: 3, method: "reset", events: [{ value: 4 }] },
        ],
      });
    });

    test("all objects are listed, page by page", async () => {
      const wire = host.wire();
      const ids = [host.newId(), host.newId(), host.newId()];
      for (const id of ids) await wire.initialize(`presence/${id}`);
      await wire.ask("DELETE", `/v1/objects/presence/${ids[1]}`, {});
      const found: string[] = [];
      let cursor: unknown;
      do {
        const at = cursor === undefined ? "" : `&cursor=${encodeURIComponent(String(cursor))}`;
        const { body } = await wire.ask("GET", `/v1/objects?class=presence&limit=1${at}`);
        for (const { id } of body.objects as { id: string }[]) found.push(id);
        cursor = body.cursor;
      } while (cursor !== undefined);
      expect(found.toSorted()).toEqual([ids[0], ids[2]]);
    });

    test("classes tell their methods, and health tells the classes", async () => {
      const { body } = await host.wire().ask("GET", "/v1/classes");
      const classes = body.classes as {
        name: string;
        methods: { name: string; input: object }[];
      }[];
      const lock = classes.find(({ name }) => name === "lock");
      expect(lock?.methods.map(({ name }) => name)).toEqual(["acquire", "renew", "release", "get"]);
      expect(lock?.methods[0]?.input).toMatchObject({ properties: { ttlMs: { default: 30000 } } });
      const health = await host.wire().ask("GET", "/v1/health");
      expect(health.body).toMatchObject({ status: "ok", classes: expect.arrayContaining(["kv"]) });
    });
  });
}
