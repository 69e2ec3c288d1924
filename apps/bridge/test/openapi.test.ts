import type { JsonObject } from "@trestle/protocol";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TOPICS } from "../src/alarms.ts";
import { objectOf } from "../src/cli/data.ts";
import { openApiDocument } from "../src/inbound/rest/openapi/document.ts";
import { PAGES } from "../src/inbound/rest/pages.ts";
import type { Route } from "../src/inbound/rest/route.ts";
import { ROUTES } from "../src/inbound/rest/routes.ts";
import { OPERATIONS } from "../src/operations/index.ts";
import { connectFeed } from "./_feed.ts";
import { until } from "./_processes.ts";
import type { Answered } from "./_rest.ts";
import { CANARY, type Example, examplesOf, startWorld, type World } from "./_rest-examples.ts";

/** The document against real answers: whoever makes a client of it must get what it says. */

let world: World;
let examples: Readonly<Record<string, Example>>;
let document: JsonObject;
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });

beforeAll(async () => {
  world = await startWorld();
  examples = examplesOf(world);
  document = (await world.bridge.get("openapi.json")).body;
  ajv.addSchema({ ...document, $id: "doc" });
}, 60_000);
afterAll(async () => {
  await world?.stop();
});

const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const hasBody = ({ method }: Route) => method === "POST" || method === "PUT";

function ask(route: Route, given: Partial<Example>, headers: Record<string, string>) {
  const parts = given.parts ?? examples[nameOf(route)]?.parts ?? {};
  const path = route.path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(parts[name] ?? "nothing"),
  );
  const { input = {} } = given;
  if (hasBody(route)) {
    return world.bridge.ask(path, { method: route.method, headers, body: JSON.stringify(input) });
  }
  const query = Object.entries(input).map(([name, value]) => [name, String(value)]);
  const search = new URLSearchParams(query as [string, string][]).toString();
  const target = search === "" ? path : `${path}?${search}`;
  return world.bridge.ask(target, { method: route.method, headers });
}

/** What the document says of the route. */
function documented(route: Route): JsonObject {
  const path = `/${route.path.replace(/:(\w+)/g, "{$1}")}`;
  return objectOf(objectOf(objectOf(document.paths)[path])[route.method.toLowerCase()]);
}

function placeOf(route: Route): string {
  const path = `/${route.path.replace(/:(\w+)/g, "{$1}")}`;
  const key = encodeURIComponent(path.replaceAll("/", "~1"));
  return `#/paths/${key}/${route.method.toLowerCase()}`;
}

/** Is the answer one that the document knows, in all its parts? */
function expectDocumented(route: Route, answered: Answered): void {
  const responses = objectOf(documented(route).responses);
  const status = responses[answered.status] ? String(answered.status) : "default";
  const at = objectOf(responses[status]).$ref ?? `${placeOf(route)}/responses/${status}`;
  const check = ajv.compile({ $ref: `doc${at}/content/application~1json/schema` });
  const isFitting = check(answered.body);
  expect({
    route: nameOf(route),
    faults: check.errors,
    body: isFitting ? {} : answered.body,
  }).toEqual({ route: nameOf(route), faults: null, body: {} });
  expect(answered.headers.get("content-type")).toBe("application/json; charset=utf-8");
}

/** Does the input fit what the document says of query and body? */
function fits(route: Route, input: JsonObject): boolean {
  const { parameters = [], requestBody } = documented(route);
  if (hasBody(route)) {
    const { schema } = objectOf(
      objectOf(objectOf(objectOf(requestBody).content)["application/json"]),
    );
    return ajv.validate({ ...(schema as object), components: document.components }, input);
  }
  const inQuery = (parameters as JsonObject[]).filter((each) => each.in === "query");
  const properties = Object.fromEntries(inQuery.map(({ name, schema }) => [name, schema]));
  const required = inQuery.filter((each) => each.required).map(({ name }) => name);
  const shape = { type: "object", properties, required, additionalProperties: false };
  return ajv.validate({ ...shape, components: document.components }, input);
}

const codeOf = ({ status, body }: Answered) => [status, objectOf(body.error).code];

test("every route has an example, and no example is of a route that is gone", () => {
  expect(Object.keys(examples).toSorted()).toEqual(ROUTES.map(nameOf).toSorted());
});

test.each(ROUTES.map((route) => [nameOf(route), route] as const))(
  "%s refuses what is wrong, nobody, and whoever may not",
  async (name, route) => {
    const example = examples[name] as Example;
    const wrong = { ...example.input, no_such_input: 1 };
    const { needs } = OPERATIONS.find((each) => each.name === route.operation) ?? {};
    const bad = await ask(route, { input: wrong }, world.admin);
    expect(codeOf(bad)).toEqual([400, "invalid_input"]);
    expectDocumented(route, bad);
    expect([fits(route, example.input ?? {}), fits(route, wrong)]).toEqual([true, false]);

    const nobody = await ask(route, example, {});
    if (needs === "anybody") expect(nobody.status).toBe(200);
    else expect(codeOf(nobody)).toEqual([401, "unauthenticated"]);
    expectDocumented(route, nobody);

    const itsOwn = JSON.parse(JSON.stringify(example).replaceAll(CANARY, "its own"));
    const other = await ask(route, itsOwn, world.narrow);
    const refusals = { denied: [403, "denied"], hidden: [404, "not_found"] };
    const { forbidden } = example;
    if (needs === "admin" || needs === "scope") expect(forbidden).toBe("denied");
    if (forbidden === "denied" || forbidden === "hidden") {
      expect(codeOf(other)).toEqual(refusals[forbidden]);
    } else expect(other.status).toBe(200);
    expect(other.text).not.toContain(CANARY);
    expectDocumented(route, other);
  },
);

test.each(ROUTES.map((route) => [nameOf(route), route] as const))(
  "%s does it",
  async (name, route) => {
    const example = examples[name] as Example;
    const { parts, input = {}, once = input } = example;
    const as = example.as ?? world.admin;
    const answered = await ask(route, { ...(parts && { parts }), input: once }, as);
    const { status, body, text } = answered;
    expect([status, body.success, text]).toEqual([200, true, expect.any(String)]);
    expectDocumented(route, answered);
  },
);

test("what a tool reports as its error, and a chain that fails, are answers of their own", async () => {
  const call = { server: "one", tool: "echo", arguments: { fail: true } };
  for (const [path, input] of [
    ["tool/call", call],
    ["chain", { steps: [call] }],
  ] as const) {
    const route = ROUTES.find((each) => each.path === path) as Route;
    const answered = await ask(route, { input: input as JsonObject }, world.admin);
    expect([answered.status, answered.body.success]).toEqual([200, false]);
    expectDocumented(route, answered);
  }
});

test("answers that depend on what is asked are documented, too", async () => {
  const { ids, admin } = world;
  const steps = [{ id: "one", server: "one", tool: "echo", arguments: { text: "$input.a" } }];
  const fails = { server: "one", tool: "echo", arguments: { fail: true } };
  const asked: readonly (readonly [string, Partial<Example>])[] = [
    ["GET history/:execution_id", { parts: { execution_id: ids.chain } }],
    ["GET history", { input: { outcome: "error" } }],
    ["POST chain", { input: { steps, dry_run: true, mermaid: true } }],
    ["POST tool/batch", { input: { calls: [fails, { tool: "no.such" }] } }],
    ["GET metrics", { input: { metricType: "cost", bucket: "hour" } }],
    ["GET results/:handle", { parts: { handle: ids.handle }, input: { count: true } }],
    ["GET discover", { input: { server: "trestle" } }],
    ["GET alerts", {}],
    ["GET review", {}],
    ["GET config", {}],
    ["GET workflows", {}],
    ["POST database/query", { input: { type: "transaction", statements: ["select 1"] } }],
  ];
  for (const [name, given] of asked) {
    const route = ROUTES.find((each) => nameOf(each) === name) as Route;
    const answered = await ask(route, given, admin);
    expect([name, answered.status]).toEqual([name, 200]);
    expectDocumented(route, answered);
  }
});

test("unknown paths, methods and addresses of others keep to the envelope", async () => {
  const { bridge, admin } = world;
  const failure = ajv.compile({ $ref: "doc#/components/schemas/Failure" });
  const all = [
    await bridge.get("nothing", admin),
    await bridge.get("events", admin),
    await bridge.ask("tool/call", { method: "DELETE", headers: admin }),
    await bridge.ask("docs", { method: "POST", headers: admin }),
    await bridge.post("tool/call", "{", admin),
    await bridge.get("health", { origin: "https://evil.example" }),
    await bridge.get("tools/%ff", admin),
  ];
  expect(all.map(({ status }) => status)).toEqual([404, 400, 405, 405, 400, 403, 400]);
  for (const { body } of all) expect([failure(body), body]).toEqual([true, body]);
});

test("the document is whole: ids are unique, references lead somewhere, parts of paths are described", async () => {
  expect(document).toEqual(await openApiDocument(String(objectOf(document.info).version)));
  const operations = ROUTES.map(documented);
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"(.*?)"/g)].map(([, to = ""]) => to);
  for (const to of new Set(references)) {
    expect([to, valueAt(to)]).toEqual([to, expect.any(Object)]);
  }
  for (const route of ROUTES) {
    const { parameters = [] } = documented(route);
    const inPath = (parameters as JsonObject[]).filter((each) => each.in === "path");
    const wanted = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    expect(inPath.map(({ name }) => name)).toEqual(wanted);
  }
  for (const { path } of PAGES) expect(objectOf(document.paths)[`/${path}`]).toBeDefined();
});

/** Objects that are somebody else's to fill: what servers answer, and what is stored for others. */
const FOREIGN = ["ToolResult", "CallFailure"];

test("of every answer each field is documented, and there are no others", () => {
  const ours = Object.entries(objectOf(objectOf(document.components).schemas)).filter(
    ([name]) => /^[A-Z]/.test(name) && !FOREIGN.includes(name) && name !== "Error",
  );
  expect(ours.length).toBeGreaterThan(100);
  for (const [name, schema] of ours) {
    const { type, properties, additionalProperties } = objectOf(schema as JsonObject);
    if (type !== "object" || properties === undefined) continue;
    expect([name, additionalProperties]).toEqual([name, false]);
  }
  for (const route of ROUTES) {
    const { schema } = objectOf(
      objectOf(
        objectOf(objectOf(objectOf(documented(route).responses)["200"]).content)[
          "application/json"
        ],
      ),
    );
    const data = JSON.stringify(schema).match(
      /"data":\{("\$ref":"[^"]+"|"anyOf"|"type":"object","properties")/,
    );
    expect([nameOf(route), data?.length]).toEqual([nameOf(route), 2]);
  }
});

test("what the feed tells is as the document says, frame by frame", async () => {
  const events = objectOf(document["x-events"]);
  expect(Object.keys(objectOf(events.topics)).toSorted()).toEqual([...TOPICS].toSorted());
  const feed = await connectFeed(world.bridge.url, { headers: world.admin });
  await feed.subscribe({ topics: ["*"], since: 0 });
  const call = { server: "one", tool: "echo", arguments: { text: "told" } };
  await world.bridge.post("tool/call", call, world.admin);
  await world.bridge.post("servers/one/restart", {}, world.admin);
  await world.bridge.post("tool/call", call, world.admin);
  feed.socket.send(JSON.stringify({ type: "call", id: "1", object: "a/b", method: "c" }));
  const kinds = () => new Set(feed.frames.map(({ type }) => type));
  const wanted = ["call.success", "fallback.alert", "review.waiting", "server.ready"];
  await until(
    "the feed has told of all",
    () => kinds().has("error") && wanted.every((topic) => feed.topics().includes(topic)),
  );
  const isFrame = ajv.compile({ $ref: "doc#/components/schemas/FeedFrame" });
  for (const frame of feed.frames) {
    expect([isFrame(frame), frame]).toEqual([true, frame]);
    const { topic, payload, source } = frame;
    if (topic === undefined || source !== undefined) continue;
    const said = objectOf(objectOf(events.topics)[String(topic)]);
    const isPayload = ajv.compile({ $ref: `doc${said.$ref}` });
    expect([topic, isPayload(payload), payload]).toEqual([topic, true, payload]);
  }
});

test("the reference is one page without scripts, and names every route", async () => {
  const answered = await fetch(`${world.bridge.rest}/docs`);
  const { headers } = answered;
  const text = await answered.text();
  expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(headers.get("content-security-policy")).toMatch(/^default-src 'none';/);
  expect(text).not.toMatch(/<script|https?:\/\/|\son\w+=|@import|url\(/i);
  for (const { path } of ROUTES) expect(text).toContain(`/${path.replace(/:(\w+)/g, "{$1}")}<`);
});

function valueAt(pointer: string): unknown {
  const names = pointer.replace("#/", "").split("/");
  return names.reduce<unknown>((at, name) => objectOf(at as JsonObject)[name], document);
}
