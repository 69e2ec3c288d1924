import type { JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listAll, type UpstreamConfig, type UpstreamEvent } from "../src/index.ts";
import { context, fixture, until, upstreamOf } from "./_parts.ts";
import { createInstance } from "./fixtures/embedded.ts";
import { type HttpFixture, serveSse, serveV1, serveV2 } from "./fixtures/http-servers.ts";

type Config = Omit<UpstreamConfig, "id">;

interface Case {
  readonly era: "legacy" | "modern";
  /** Are changes told? A stateless legacy server cannot. */
  readonly events?: boolean;
  readonly http?: () => Promise<HttpFixture>;
  config(url: string): Config;
}

describeUpstream("embedded", {
  era: "modern",
  config: () => ({ kind: "embedded", open: createInstance }) as Config,
});
describeUpstream("stdio, v1 SDK", { era: "legacy", config: () => fixture("v1-stdio") });
describeUpstream("stdio, v2 SDK", { era: "modern", config: () => fixture("v2-stdio") });
describeUpstream("stdio, v2 SDK, pinned to legacy", {
  era: "legacy",
  events: false,
  config: () => ({ ...fixture("v2-stdio"), era: "legacy" }),
});
describeUpstream("stdio, v2 SDK, modern only", {
  era: "modern",
  config: () => fixture("v2-stdio", "--modern-only"),
});
describeUpstream("http, v1 SDK", { era: "legacy", http: serveV1, config: http });
describeUpstream("http, v2 SDK", { era: "modern", http: serveV2, config: http });
describeUpstream("http, v2 SDK, pinned to legacy", {
  era: "legacy",
  events: false,
  http: serveV2,
  config: (url) => ({ ...http(url), era: "legacy" }),
});
describeUpstream("old HTTP+SSE, v1 SDK", { era: "legacy", http: serveSse, config: http });

function http(url: string): Config {
  return { kind: "http", url } as Config;
}

/** What every kind of upstream does alike, in both eras. */
function describeUpstream(name: string, { era, events = true, http: start, config }: Case): void {
  describe(`an upstream (${name})`, () => {
    let server: HttpFixture | undefined;
    beforeAll(async () => {
      server = await start?.();
    });
    afterAll(() => server?.close());
    const open = () => upstreamOf(config(server?.url ?? "") as never);

    test("is idle until it is needed, then knows its server", async () => {
      const upstream = open();
      expect(upstream.health()).toMatchObject({ state: "idle", restarts: 0 });
      const facts = await upstream.ready();
      expect(facts).toMatchObject({ era, info: { name: "fixture" }, instructions: "Call echo." });
      expect(facts.capabilities.tools).toBeDefined();
      expect(upstream.health()).toMatchObject({ state: "ready", era, restarts: 0 });
    });

    test("lists and calls tools", async () => {
      const upstream = open();
      const tools = await listAll(upstream, "tools/list", context());
      expect(tools.map((tool) => tool.name)).toContain("echo");
      expect(await say(upstream, "echo", { text: "hej — \u2028" })).toBe("hej — \u2028");
    });

    test("starts once for many callers at once", async () => {
      const upstream = open();
      const texts = Array.from({ length: 20 }, (_, index) => `n${index}`);
      expect(await Promise.all(texts.map((text) => say(upstream, "echo", { text })))).toEqual(
        texts,
      );
      expect(upstream.health().restarts).toBe(0);
    });

    test("throws the server's errors with code, message and data", async () => {
      const reading = open().request("resources/read", { uri: "test://note" }, context());
      await expect(reading).rejects.toMatchObject({
        code: -32602,
        message: expect.stringContaining("No such note"),
        data: { uri: "test://note" },
      });
    });

    test("brings progress to its caller alone", async () => {
      const upstream = open();
      const seen: unknown[] = [];
      const params = { name: "count", arguments: {}, _meta: { progressToken: "the caller's own" } };
      await Promise.all([
        upstream.request("tools/call", params, context({ onProgress: (step) => seen.push(step) })),
        upstream.request("tools/call", params, context()),
      ]);
      expect(seen).toEqual([1, 2, 3].map((progress) => ({ progress, total: 3 })));
    });

    test("cancels at the server what its caller gives up", async () => {
      const upstream = open();
      const before = Number(await say(upstream, "cancelled"));
      const control = new AbortController();
      const call = upstream.request(
        "tools/call",
        { name: "wait", arguments: {} },
        context({ signal: control.signal }),
      );
      call.catch(() => {});
      await say(upstream, "echo", { text: "the call before this is there" });
      control.abort();
      await expect(call).rejects.toMatchObject({ code: "cancelled" });
      await until(async () => Number(await say(upstream, "cancelled")) === before + 1);
    });

    test("refuses when closed, and closes twice", async () => {
      const upstream = open();
      await upstream.ready();
      await upstream.close();
      await upstream.close();
      expect(upstream.health().state).toBe("closed");
      await expect(say(upstream, "echo", { text: "x" })).rejects.toMatchObject({
        code: "unavailable",
      });
    });

    if (!events) return;

    test("tells that the tools changed", async () => {
      const upstream = open();
      const seen: UpstreamEvent[] = [];
      upstream.subscribe((event) => seen.push(event));
      await upstream.ready();
      await until(async () => {
        await say(upstream, "add_tool");
        return seen.some(({ kind }) => kind === "toolsChanged");
      });
    });

    test("tells that a subscribed resource was updated, and no longer after unsubscribing", async () => {
      const upstream = open();
      const seen: UpstreamEvent[] = [];
      upstream.subscribe((event) => event.kind === "resourceUpdated" && seen.push(event));
      await upstream.request("resources/subscribe", { uri: "test://note" }, context());
      await say(upstream, "touch");
      await until(() => seen.length > 0);
      expect(seen[0]).toEqual({ kind: "resourceUpdated", uri: "test://note" });
      await upstream.request("resources/unsubscribe", { uri: "test://note" }, context());
    });
  });
}

async function say(
  upstream: { request: ReturnType<typeof upstreamOf>["request"] },
  name: string,
  args: JsonObject = {},
): Promise<string> {
  const result = await upstream.request("tools/call", { name, arguments: args }, context());
  const [first] = result.content as { text: string }[];
  return first?.text ?? "";
}
