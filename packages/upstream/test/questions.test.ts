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

  test("nobody is asked what a call that was given up may ask", async () => {
    const upstream = upstreamOf({ ...fixture("v1-stdio"), clientCapabilities });
    await upstream.ready();
    const control = new AbortController();
    const session = openSession("left");
    const left = upstream.request(
      "tools/call",
      call("wait"),
      context({ ...able, session, signal: control.signal }),
    );
    await upstream.request("tools/call", call("log"), context());
    control.abort();
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    const ask = async (own: Partial<RequestContext>): Promise<string> =>
      JSON.stringify(await upstream.request("tools/call", call("ask"), context(own)));
    expect(await ask({ ...able, session: openSession("own") })).toContain("several requests wait");
    const principal = { id: "key:other", kind: "key" as const };
    expect(await ask({ ...able, principal })).toContain("several requests wait");
    expect(await ask({ ...able, session })).toContain("accept");
    expect(await ask(able), "it has no session to tell it by").toContain("accept");
  });

  test("nobody is told the log of what may be the call of somebody else", async () => {
    const upstream = upstreamOf({ ...fixture("v1-stdio"), clientCapabilities });
    await upstream.ready();
    const control = new AbortController();
    const principal = { id: "key:other", kind: "key" as const };
    const other = upstream
      .request("tools/call", call("wait"), context({ principal, signal: control.signal }))
      .catch(() => {});
    const seen: LogMessage[] = [];
    const onLog = (message: LogMessage) => seen.push(message);
    await upstream.request("tools/call", call("log"), context({ onLog, logLevel: "debug" }));
    expect(seen).toEqual([]);
    control.abort();
    await other;
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
