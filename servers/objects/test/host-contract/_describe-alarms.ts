import { describe, expect, test } from "vitest";
import type { ContractHost } from "./_describe-host.ts";

export function describeAlarms(host: ContractHost): void {
  describe("alarms", () => {
    test("a lease that nobody renews ends by itself, and who watches is told", async () => {
      const wire = host.wire();
      const object = `lock/${host.newId()}`;
      await wire.initialize(object);
      const watched = await wire.watch(object);
      const first = await wire.call(object, "acquire", { holder: "ada", ttlMs: 300 });
      expect(first).toMatchObject({ result: { granted: true, fence: 1 } });
      expect(await wire.call(object, "acquire", { holder: "bob" })).toMatchObject({
        ...{ result: { granted: false, holder: "ada" }, changed: false },
      });
      const ended = await watched.next(
        "the lease ends",
        (frame) => frame.type === "event" && frame.kind === "alarm",
      );
      expect(ended).toMatchObject({ caller: "alarm", events: [{ expired: "ada" }] });
      expect(await wire.call(object, "acquire", { holder: "bob" })).toMatchObject({
        result: { granted: true, fence: 2 },
      });
      await expect(wire.call(object, "renew", { holder: "ada", fence: 1 })).rejects.toMatchObject({
        code: "conflict",
      });
      watched.close();
    });

    test("a value is gone when its time is over", async () => {
      const wire = host.wire();
      const object = `kv/${host.newId()}`;
      await wire.initialize(object);
      const watched = await wire.watch(object);
      await wire.call(object, "put", { key: "soon", value: 1, ttlMs: 200 });
      await wire.call(object, "put", { key: "stays", value: 2 });
      const gone = await watched.next(
        "it is gone",
        (frame) => frame.type === "event" && frame.kind === "alarm",
      );
      expect(gone).toMatchObject({ events: [{ expired: ["soon"] }] });
      const { body } = await wire.ask("GET", `/v1/objects/${object}`);
      expect(body.state).toEqual({ stays: 2 });
      watched.close();
    });
  });
}
