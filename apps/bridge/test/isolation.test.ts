import { type JsonObject, openSession, type RequestContext } from "@trestle/protocol";
import { expect, test } from "vitest";
import { contextOf, keyOf, startCore } from "./_core.ts";
import { createPlace, type Place } from "./_place.ts";
import { kill, until } from "./_processes.ts";
import { stateful, statefulOf } from "./_stateful.ts";

type Who = Partial<RequestContext>;

/** A bridge in this process before the server `web`, which keeps a page between calls. */
async function browsing(how: JsonObject, policy: JsonObject = {}) {
  const place = createPlace();
  const web = { ...stateful(place, "web"), policy, ...how };
  const { ask, call, bridge } = await startCore({ mcpServers: { web } });
  const factsOf = ({ structuredContent }: JsonObject): { page: string; pid: number } =>
    structuredContent as { page: string; pid: number };
  return {
    place,
    ask,
    bridge,
    open: async (url: string, who: Who, ms = 0) =>
      factsOf(await call("web__navigate", { url, ms }, who)),
    look: async (who: Who) => factsOf(await call("web__look", {}, who)),
  };
}

const serving = (place: Place): number[] => statefulOf(place, "web");

function clientOf(name: string) {
  const session = openSession(name);
  return { session, end: () => session.end() };
}

test("by session, what one client left behind is seen by no other, and ends with its session", async () => {
  const { place, open, look, ask } = await browsing(
    { isolation: "session" },
    { tools: { look: { cache: true } } },
  );
  const [anna, bert] = [clientOf("anna"), clientOf("bert")];
  const first = await open("http://anna", anna);
  expect(await look(bert)).toMatchObject({ page: "about:blank" });
  expect(await open("http://bert", bert)).not.toMatchObject({ pid: first.pid });
  expect(await look(anna), "also where answers are cached").toMatchObject({ page: "http://anna" });
  expect(await look(anna)).toMatchObject({ page: "http://anna", pid: first.pid });
  expect(await look(bert)).toMatchObject({ page: "http://bert" });
  const inner = { tool: "web.look", arguments: {} };
  const { data } = (await ask("call_tool", inner, anna)) as { data?: JsonObject };
  expect(JSON.stringify(data ?? (await ask("call_tool", inner, anna)))).toContain("http://anna");
  const { processes } = await ask("ps");
  expect((processes as JsonObject[]).map(({ pid }) => pid)).toContain(first.pid);
  anna.end();
  await until("its instance is gone", () => !serving(place).includes(first.pid));
  expect(await look(bert)).toMatchObject({ page: "http://bert" });
});

test("by principal, sessions of one share and others do not", async () => {
  const { open, look } = await browsing({ isolation: "principal" });
  const [anna, bert] = [keyOf("key:anna"), keyOf("key:bert")];
  await open("http://anna", { ...anna, ...clientOf("one") });
  expect(await look({ ...anna, ...clientOf("two") })).toMatchObject({ page: "http://anna" });
  expect(await look(anna), "a client without a session").toMatchObject({ page: "http://anna" });
  expect(await look(bert)).toMatchObject({ page: "about:blank" });
});

test("where every instance is taken, one more client is refused and told what to do", async () => {
  const { place, open, look } = await browsing({ isolation: "session", maxInstances: 1 });
  const [anna, bert] = [clientOf("anna"), clientOf("bert")];
  await open("http://anna", anna);
  await expect(look(bert)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/All 1 instances of "web" are taken.*raise "maxInstances"/s),
    details: { sent: false, refusedBy: "isolation" },
  });
  anna.end();
  expect(await look(bert)).toMatchObject({ page: "about:blank" });
  expect(serving(place).length, "with the one that lists").toBeLessThanOrEqual(2);
});

test("a pool gives the place of whoever was longest away, afresh, and has others wait", async () => {
  const { place, open, look } = await browsing({ isolation: "pooled", maxInstances: 2 });
  const [anna, bert, carl] = [clientOf("anna"), clientOf("bert"), clientOf("carl")];
  const { pid } = await open("http://anna", anna);
  await open("http://bert", bert);
  expect(await look(carl), "nothing of whoever was there before").toMatchObject({
    page: "about:blank",
  });
  expect(serving(place)).not.toContain(pid);
  expect(await look(bert)).toMatchObject({ page: "http://bert" });
  const running = [open("http://b", bert, 700), open("http://c", carl, 700)];
  expect(await look(anna), "waited for its turn").toMatchObject({ page: "about:blank" });
  expect((await Promise.all(running)).map(({ page }) => page)).toEqual(["http://b", "http://c"]);
  expect(serving(place).length).toBeLessThanOrEqual(3);
});

test("who waits for a place and gives up was not sent anywhere", async () => {
  const { bridge, open } = await browsing({ isolation: "pooled", maxInstances: 1 });
  const gone = new AbortController();
  const long = open("http://anna", clientOf("anna"), 1_500);
  const left = { ...clientOf("bert"), signal: gone.signal };
  const waiting = [
    open("http://bert", left),
    bridge.instance.request("resources/read", { uri: "web+page://now" }, contextOf(left)),
  ];
  gone.abort();
  const unsent = { code: "cancelled", details: { sent: false } };
  expect(await Promise.allSettled(waiting)).toMatchObject([{ reason: unsent }, { reason: unsent }]);
  expect(await long).toMatchObject({ page: "http://anna" });
});

test("an instance that dies under its client is not replaced in silence", async () => {
  const { open, look } = await browsing({ isolation: "session" });
  const [anna, bert] = [clientOf("anna"), clientOf("bert")];
  const { pid } = await open("http://anna", anna);
  await open("http://bert", bert);
  kill(pid);
  await expect(until("the loss is told", () => look(anna).then(() => false))).rejects.toMatchObject(
    {
      code: "unavailable",
      message: expect.stringMatching(/what it kept for the client is gone/),
      details: { stateLost: true, sent: false },
    },
  );
  expect(await look(anna)).toMatchObject({ page: "about:blank" });
  expect(await look(bert), "and nobody else's").toMatchObject({ page: "http://bert" });
});

test("an instance that nobody uses is ended, its place is free, and the tools stay", async () => {
  const { place, open, look, bridge } = await browsing({
    isolation: "session",
    maxInstances: 1,
    idleStopMs: 1_000,
  });
  const anna = clientOf("anna");
  const { pid } = await open("http://anna", anna);
  await until("it is ended", () => !serving(place).includes(pid));
  const bert = clientOf("bert");
  expect(await look(bert)).toMatchObject({ page: "about:blank" });
  expect(bridge.core.catalog.tool("web__look")).toBeDefined();
  bert.end();
  await expect(look(anna)).rejects.toMatchObject({ details: { stateLost: true, sent: false } });
  expect(await look(anna)).toMatchObject({ page: "about:blank" });
});

test.each([
  [{}, "warn"],
  [{ isolation: "shared" }, "ok"],
  [{ isolation: "session" }, "ok"],
])(
  "doctor says of %j that it is %s for a server that seems to keep something",
  async (how, status) => {
    const { ask } = await browsing(how);
    const { checks } = (await ask("doctor")) as { checks: JsonObject[] };
    const said = checks.find(({ name }) => name === "state");
    expect(said).toMatchObject({ status });
    if (status !== "warn") return;
    expect(said?.message).toMatch(/^web seems to keep something between calls \(navigate\)/);
    expect(said?.next).toMatch(/"isolation": "session"/);
  },
);
