import { describe, expect, test } from "vitest";
import type { ContractHost } from "./_describe-host.ts";

const call = (method: string, args: object = {}, more: object = {}) => ({ method, args, ...more });
const increment = call("increment");

/** Of a counter that is there and has the number 1. */
const REFUSED: Record<string, { at?: string; body: unknown; status: number; code: string }> = {
  "an unknown class": { at: "nothing/ID", body: increment, status: 404, code: "not_found" },
  "a class that is no name": {
    at: "Counter/ID",
    body: increment,
    status: 400,
    code: "invalid_input",
  },
  "an object that is not there": {
    at: "counter/not-ID",
    body: increment,
    status: 404,
    code: "not_found",
  },
  "an id that is none": {
    at: "counter/.hidden",
    body: increment,
    status: 400,
    code: "invalid_input",
  },
  "an unknown method": { body: call("explode"), status: 404, code: "not_found" },
  "what every object inherits": { body: call("toString"), status: 404, code: "not_found" },
  "a constructor": { body: call("constructor"), status: 404, code: "not_found" },
  "a prototype": { body: call("__proto__"), status: 404, code: "not_found" },
  "arguments of another type": {
    body: call("increment", { by: "2" }),
    status: 400,
    code: "invalid_input",
  },
  "arguments out of bounds": {
    body: call("increment", { by: -1 }),
    status: 400,
    code: "invalid_input",
  },
  "arguments that are a list": {
    body: { method: "increment", args: [] },
    status: 400,
    code: "invalid_input",
  },
  "a body that is no JSON": { body: "{", status: 400, code: "invalid_input" },
  "a word that no call has": {
    body: { ...increment, force: true },
    status: 400,
    code: "invalid_input",
  },
  "a number that it has not": {
    body: call("increment", {}, { expectedSeq: 7 }),
    status: 409,
    code: "conflict",
  },
  "what the class refuses": { body: call("increment", { by: 100 }), status: 409, code: "conflict" },
  "arguments beyond all bounds": {
    body: call("increment", { more: "x".repeat(300 * 1024) }),
    status: 413,
    code: "too_large",
  },
};

export function describeRefusals(host: ContractHost): void {
  describe("refusals", () => {
    test.each(Object.entries(REFUSED))("%s is refused, and nothing is changed", async (_, each) => {
      const wire = host.wire();
      const id = host.newId();
      await wire.initialize(`counter/${id}`, { value: 3, max: 10 });
      const at = (each.at ?? "counter/ID").replace("ID", id);
      const reply = await wire.ask("POST", `/v1/objects/${at}/call`, each.body);
      expect(reply.status).toBe(each.status);
      expect(reply.body.error).toEqual({
        code: each.code,
        message: expect.stringMatching(/\S/),
        ...((reply.body.error as { details?: object }).details !== undefined && {
          details: expect.any(Object),
        }),
      });
      const { body } = await wire.ask("GET", `/v1/objects/counter/${id}`);
      expect(body).toMatchObject({ seq: 1, state: { value: 3 } });
      expect((await wire.ask("GET", `/v1/objects/counter/not-${id}`)).status).toBe(404);
    });

    test("an object that would be made of bad arguments is not made", async () => {
      const wire = host.wire();
      const path = `/v1/objects/counter/${host.newId()}`;
      const bad = await wire.ask("POST", `${path}/initialize`, { args: { value: "five" } });
      expect(bad).toMatchObject({ status: 400, body: { error: { code: "invalid_input" } } });
      const unfit = await wire.ask("POST", `${path}/initialize`, { args: { value: 5, max: 4 } });
      expect(unfit).toMatchObject({ status: 409 });
      expect((await wire.ask("GET", path)).status).toBe(404);
    });

    test("a state beyond its bound is refused, and stays what it was", async () => {
      const wire = host.wire();
      const object = `kv/${host.newId()}`;
      await wire.initialize(object);
      const value = "x".repeat(240 * 1024);
      let stored = 0;
      const refused = await (async () => {
        for (; stored < 60; stored += 1) {
          const body = call("put", { key: `k${stored}`, value });
          const reply = await wire.ask("POST", `/v1/objects/${object}/call`, body);
          if (reply.status !== 200) return reply;
        }
        return undefined;
      })();
      expect(refused).toMatchObject({ status: 413, body: { error: { code: "too_large" } } });
      expect(stored).toBeGreaterThan(30);
      const { body } = await wire.ask("GET", `/v1/objects/${object}/events?since=${stored}`);
      expect(body).toMatchObject({ seq: stored + 1 });
    });

    test("where nothing lies, nothing is found", async () => {
      const wire = host.wire();
      for (const path of [
        "/",
        "/v1",
        "/v1/objects/counter",
        "/v1/objects/counter/a/b/c",
        "/v2/health",
      ])
        expect(await wire.ask("GET", path)).toMatchObject({
          status: 404,
          body: { error: { code: "not_found" } },
        });
      expect((await wire.ask("GET", "/v1/objects?limit=0")).status).toBe(400);
    });
  });
}
