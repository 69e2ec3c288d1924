import type { LogMessage, RequestContext } from "@trestle/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { context, fixture, upstreamOf } from "./_parts.ts";
import { type HttpFixture, serveV1 } from "./fixtures/http-servers.ts";

const call = (name: string) => ({ name, arguments: {} });
const clientCapabilities = { elicitation: {} };

let server: HttpFixture;
beforeAll(async () => {
  server = await serveV1();
});
afterAll(() => server.close());

describe.each(["stdio", "http"] as const)("a legacy server that asks back (%s)", (kind) => {
  const open = () =>
    kind === "stdio"
      ? upstreamOf({ ...fixture("v1-stdio"), clientCapabilities })
      : upstreamOf({ kind, url: server.url, clientCapabilities });

  test("reaches the client of the call that it works on", async () => {
    const upstream = open();
    const askClient: RequestContext["askClient"] = async (method, params) => ({
      action: "accept",
      content: { method, message: params.message ?? "" },
    });
    const result = await upstream.request("tools/call", call("ask"), context({ askClient }));
    expect(JSON.stringify(result)).toContain("elicitation/create");
    expect(JSON.stringify(result)).toContain("Sure?");
  });

  test("is refused where nobody can answer", async () => {
    const result = await open().request("tools/call", call("ask"), context());
    expect(result).toMatchObject({ isError: true });
  });

  test("has its log messages brought to those who asked for that level", async () => {
    const upstream = open();
    const seen: LogMessage[] = [];
    const onLog = (message: LogMessage) => seen.push(message);
    await upstream.request("tools/call", call("log"), context({ onLog, logLevel: "warning" }));
    expect(seen.map(({ level }) => level)).toEqual(["warning"]);
    await upstream.request("tools/call", call("log"), context({ onLog, logLevel: "debug" }));
    expect(seen.map(({ level }) => level)).toEqual(["warning", "debug", "warning"]);
    await upstream.request("tools/call", call("log"), context());
    expect(seen).toHaveLength(3);
  });
});

test("with several who could answer over one pipe, nobody is asked", async () => {
  const upstream = upstreamOf({ ...fixture("v1-stdio"), clientCapabilities });
  await upstream.ready();
  const control = new AbortController();
  const askClient = async () => ({ action: "accept" });
  const other = upstream
    .request("tools/call", call("wait"), context({ askClient, signal: control.signal }))
    .catch(() => {});
  const result = await upstream.request("tools/call", call("ask"), context({ askClient }));
  expect(result).toMatchObject({ isError: true });
  control.abort();
  await other;
});
