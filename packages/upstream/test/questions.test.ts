import { type LogMessage, openSession, type RequestContext } from "@trestle/protocol";
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

describe("over one pipe, with several calls in flight", () => {
  const askClient = async () => ({ action: "accept" });
  const able = { askClient };

  /** What `ask` comes to while another call waits. */
  async function askBeside(
    other: Partial<RequestContext>,
    own: Partial<RequestContext>,
  ): Promise<string> {
    const upstream = upstreamOf({ ...fixture("v1-stdio"), clientCapabilities });
    await upstream.ready();
    const control = new AbortController();
    const waiting = upstream
      .request("tools/call", call("wait"), context({ ...other, signal: control.signal }))
      .catch(() => {});
    const result = await upstream.request("tools/call", call("ask"), context(own));
    control.abort();
    await waiting;
    return JSON.stringify(result);
  }

  test("nobody is asked, not even the only one who could answer", async () => {
    const answers = await Promise.all([askBeside(able, able), askBeside(able, {})]);
    expect(answers.map((text) => /several requests wait/.test(text))).toEqual([true, true]);
  });

  test("the client is asked if all calls are of one session of it", async () => {
    const session = openSession("s");
    expect(await askBeside({ ...able, session }, { ...able, session })).toContain("accept");
    const others = { ...able, session: openSession("t") };
    expect(await askBeside(others, { ...able, session })).toContain("several requests wait");
  });
});

test("what was not declared to a server is not passed on", async () => {
  const upstream = upstreamOf({ ...fixture("v1-stdio"), clientCapabilities });
  const askClient = async () => ({ roots: [] });
  const result = await upstream.request("tools/call", call("roots"), context({ askClient }));
  expect(result).toMatchObject({ isError: true });
});
