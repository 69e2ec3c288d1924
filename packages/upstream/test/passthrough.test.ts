import { parseJson } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { listAll } from "../src/index.ts";
import { context, fixture, upstreamOf } from "./_parts.ts";

const call = (name: string, args = {}) => ({ name, arguments: args });

describe.each(["--legacy", "--modern"])("a server that no SDK stands before (%s)", (era) => {
  const open = () => upstreamOf(fixture("raw", era));

  test("has its results passed on digit by digit, unknown fields and key order kept", async () => {
    const result = await open().request("tools/call", call("numbers"), context());
    expect(JSON.stringify(result)).toBe(
      '{"content":[{"type":"text","text":"","x-unknown":[1]}],"structuredContent":{"big":9007199254740993,"tiny":1e-400},"x-top":{"b":1,"a":2}}',
    );
  });

  test("receives arguments and foreign _meta keys as they were, hop keys made anew", async () => {
    const args = parseJson("9007199254740993");
    const params = {
      ...call("received", { big: args }),
      _meta: {
        traceparent: "00-1",
        progressToken: "theirs",
        "io.modelcontextprotocol/clientInfo": { name: "theirs" },
      },
    };
    const result = await open().request("tools/call", params, context());
    expect(result.received).toContain('"big":9007199254740993');
    const { _meta: meta } = JSON.parse(String(result.received)).params;
    expect(meta.traceparent).toBe("00-1");
    expect(meta.progressToken).toBeUndefined();
    expect(meta["io.modelcontextprotocol/clientInfo"]).toEqual(
      era === "--modern" ? { name: "test", version: "1" } : undefined,
    );
  });

  test("has its error data passed on digit by digit", async () => {
    const error = await open()
      .request("tools/call", call("none"), context())
      .catch((e) => e);
    expect(error).toMatchObject({ code: -32602, message: "Unknown tool none" });
    expect(JSON.stringify(error.data)).toBe('{"n":9007199254740993}');
  });

  test("exchanges messages of 64 MiB both ways", { timeout: 60_000 }, async () => {
    const upstream = open();
    const bytes = 64 * 1024 * 1024;
    const large = await upstream.request("tools/call", call("large", { bytes }), context());
    const [content] = large.content as { text: string }[];
    expect(content?.text.length).toBe(bytes);
    const text = "y".repeat(bytes);
    const { size } = await upstream.request("tools/call", call("size", { text }), context());
    expect(size).toBeGreaterThan(bytes);
  });

  test("has all its pages listed", async () => {
    const tools = await listAll(open(), "tools/list", context());
    expect(tools.map((tool) => tool.name)).toEqual(["page_0", "page_1", "page_2"]);
    expect(JSON.stringify(tools[0])).toContain('"x-extra":{"n":9007199254740993}');
  });
});

test("pages that go round in a circle are an error that says so", async () => {
  const upstream = upstreamOf(fixture("raw", "--legacy", "--circle"));
  await expect(listAll(upstream, "tools/list", context())).rejects.toThrow(/circle/);
});
