import { describe, expect, test } from "vitest";
import type { ContractHost } from "./_describe-host.ts";
import type { Wire } from "./_wire.ts";

export function describeTokens(host: ContractHost, without: () => Wire): void {
  const ways = (wire: Wire, id: string) => ({
    "@initialize": () => wire.ask("POST", `/v1/objects/counter/${id}/initialize`, {}),
    increment: () => wire.ask("POST", `/v1/objects/counter/${id}/call`, { method: "increment" }),
    "@read": () => wire.ask("GET", `/v1/objects/counter/${id}`),
    "@delete": () => wire.ask("DELETE", `/v1/objects/counter/${id}`, {}),
  });

  describe("tokens", () => {
    test("health needs none, and nothing else is told without", async () => {
      const wire = without();
      expect((await wire.ask("GET", "/v1/health")).status).toBe(200);
      const refused = { status: 401, body: { error: { code: "unauthenticated" } } };
      for (const ask of Object.values(ways(wire, "a"))) expect(await ask()).toMatchObject(refused);
      expect(await wire.ask("GET", "/v1/classes")).toMatchObject(refused);
      expect(await wire.ask("GET", "/v1/objects")).toMatchObject(refused);
      await expect(wire.watch("counter/a")).rejects.toThrow(/401/);
    });

    test("one signed by somebody else, and one that has ended, count for nothing", async () => {
      const secret = "another secret that is as long as it must be";
      for (const options of [{ secret }, { lastsMs: -60_000 }]) {
        const wire = await host.wireWith(options);
        expect(await ways(wire, "a")["@read"]()).toMatchObject({ status: 401 });
        await expect(wire.watch("counter/a")).rejects.toThrow(/401/);
      }
    });

    test("each scope allows what it names, for the objects that it names", async () => {
      const id = host.newId();
      await host.wire().initialize(`counter/${id}`);
      for (const action of ["@read", "increment", "@initialize", "@delete"] as const) {
        const wire = await host.wireWith({ scopes: [`counter/${id}:${action}`, "lock/*:*"] });
        for (const [asked, ask] of Object.entries(ways(wire, id)))
          expect([action, asked, (await ask()).status === 403]).toEqual([
            ...[action, asked, asked !== action],
          ]);
        expect(await ways(wire, `${id}-other`)[action]()).toMatchObject({ status: 403 });
      }
    });

    test("whether an object is there is not told to whom may not ask", async () => {
      const wire = await host.wireWith({ scopes: ["kv/*:*"] });
      const id = host.newId();
      const before = await ways(wire, id)["@read"]();
      await host.wire().initialize(`counter/${id}`);
      expect(await ways(wire, id)["@read"]()).toEqual(before);
      expect(before).toMatchObject({ status: 403, body: { error: { code: "denied" } } });
      await expect(wire.watch(`counter/${id}`)).rejects.toThrow(/403/);
      expect((await wire.ask("GET", "/v1/objects")).status).toBe(403);
      expect((await wire.ask("GET", "/v1/objects?class=kv")).status).toBe(200);
    });

    test("a socket calls no more than its token allows", async () => {
      const object = `counter/${host.newId()}`;
      await host.wire().initialize(object);
      const wire = await host.wireWith({ scopes: ["counter/*:@read"] });
      const watched = await wire.watch(object);
      watched.send({ type: "call", id: "1", method: "increment" });
      const refused = await watched.next("a refusal", (frame) => frame.type === "error");
      expect(refused).toMatchObject({ id: "1", error: { code: "denied" } });
      watched.send({ type: "call", id: "2", method: "get" });
      const read = await watched.next("an answer", (frame) => frame.type === "result");
      expect(read).toMatchObject({ id: "2", result: { value: 0 } });
      watched.close();
    });
  });
}
