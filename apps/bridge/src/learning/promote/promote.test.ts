import type { JsonObject, JsonValue } from "@trestle/protocol";
import { parseJson } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { promote } from "./promote.ts";
import type { RecordedCall } from "./recorded.ts";
import { replay } from "./replay.ts";

interface Said {
  readonly tool: string;
  readonly args: JsonObject;
  readonly result?: JsonValue;
  readonly schema?: JsonObject;
}

/** Calls one after the other, a second apart. */
function recorded(...all: readonly Said[]): RecordedCall[] {
  return all.map(({ tool, args, result, schema }, index) => ({
    number: index + 1,
    executionId: `e${index + 1}`,
    server: "tracker",
    tool,
    arguments: args,
    startedAt: index * 1_000,
    endedAt: index * 1_000 + 500,
    ...(result === undefined ? {} : { result: { document: result } }),
    inputSchema: schema,
  }));
}

function argumentsOf(chain: JsonObject): JsonValue[] {
  return (chain.steps as JsonObject[]).map((step) => step.arguments ?? null);
}

async function promoteAndReplay(...all: readonly Said[]) {
  const promoted = promote("daily", recorded(...all));
  const replayed = await replay(promoted.chain, promoted.fixture);
  expect(replayed.steps.filter(({ same }) => !same)).toEqual([]);
  expect(replayed.passed).toBe(true);
  return promoted;
}

const find = { tool: "find_issue", args: { query: "login fails" } };
const issue = { items: [{ id: "ISS-4711", title: "Login", open: true, votes: 3 }], total: 1 };

describe("a value of a result that comes back as an argument", () => {
  test("is referred to where it stood, and keeps its type", async () => {
    const { chain, links } = await promoteAndReplay(
      { ...find, result: { ...issue, number: 90210 } },
      { tool: "get_issue", args: { id: "ISS-4711", deep: { list: [90210, true] } } },
    );
    expect(argumentsOf(chain)[1]).toEqual({
      id: "${results.step_1.items[0].id}",
      deep: { list: ["${results.step_1.number}", true] },
    });
    expect(links.map(({ argument }) => argument)).toEqual(["id", "deep.list[0]"]);
  });

  test("is found inside of a text, where it stands as a word", async () => {
    const { chain } = await promoteAndReplay(
      { ...find, result: issue },
      { tool: "note", args: { text: "About ISS-4711: see /i/ISS-4711, not XISS-47112." } },
    );
    const id = "${results.step_1.items[0].id}";
    expect(argumentsOf(chain)[1]).toEqual({ text: `About ${id}: see /i/${id}, not XISS-47112.` });
  });

  test("is taken from the latest result, and from a place of the same name before any other", async () => {
    const { chain, choices } = await promoteAndReplay(
      { ...find, result: { parent: "ISS-4711", issue_id: "ISS-9" } },
      { tool: "next", args: {}, result: { self: "ISS-4711", issue_id: "ISS-4711" } },
      { tool: "get", args: { issue_id: "ISS-4711" } },
    );
    expect(argumentsOf(chain)[2]).toEqual({ issue_id: "${results.step_2.issue_id}" });
    expect(choices).toEqual([]);
  });

  test("that could as well come from elsewhere is shown to a person", async () => {
    const { choices } = await promoteAndReplay(
      { ...find, result: { first: "ISS-4711" } },
      { tool: "next", args: {}, result: { second: "ISS-4711" } },
      { tool: "get", args: { issue: "ISS-4711" } },
    );
    expect(choices).toEqual([
      {
        step: "step_3",
        argument: "issue",
        value: "ISS-4711",
        taken: "${results.step_2.second}",
        others: ["${results.step_1.first}"],
      },
    ]);
  });

  test("is whole where a whole list or object came back", async () => {
    const rows = [
      { name: "one", size: 1 },
      { name: "two", size: 2 },
    ];
    const { chain } = await promoteAndReplay(
      { ...find, result: { page: { rows } } },
      { tool: "store", args: { rows } },
    );
    expect(argumentsOf(chain)[1]).toEqual({ rows: "${results.step_1.page.rows}" });
  });

  test("comes from the caller where the caller knew it before", async () => {
    const { chain } = await promoteAndReplay(
      {
        tool: "open",
        args: { path: "/srv/data.csv" },
        result: { path: "/srv/data.csv", id: "f-17" },
      },
      { tool: "read", args: { path: "/srv/data.csv", id: "f-17" } },
    );
    expect(argumentsOf(chain)).toEqual([
      { path: "${input.path}" },
      { path: "${input.path}", id: "${results.step_1.id}" },
    ]);
  });

  test("cannot come from a call that had not ended", () => {
    const calls = recorded(
      { ...find, result: issue },
      { tool: "get_issue", args: { id: "ISS-4711" } },
    ).map((call) => ({ ...call, startedAt: 0 }));
    expect(promote("c", calls).links).toEqual([]);
  });

  test("keeps every digit", async () => {
    const result = parseJson('{"id":9007199254740993}');
    const args = parseJson('{"id":9007199254740993}') as JsonObject;
    const { chain } = await promoteAndReplay({ ...find, result }, { tool: "get", args });
    expect(argumentsOf(chain)[1]).toEqual({ id: "${results.step_1.id}" });
  });

  test.each([
    ['a"b', "x-1001", "${results.step_1['a\"b']}"],
    ["a.b c", "x-1002", '${results.step_1["a.b c"]}'],
    ["0", "x-1003", '${results.step_1["0"]}'],
    ["a-b", "x-1004", "${results.step_1.a-b}"],
  ])("is found under the odd name %s", async (name, value, reference) => {
    const { chain } = await promoteAndReplay(
      { ...find, result: { [name]: value } },
      { tool: "get", args: { of: value } },
    );
    expect(argumentsOf(chain)[1]).toEqual({ of: reference });
  });
});

describe("what says little", () => {
  test("is no reference: true, 0, 1, short words and the empty text", async () => {
    const result = { ok: true, none: null, zero: 0, one: 1, few: 12, word: "open", empty: "" };
    const args = { flag: true, from: 0, page: 1, limit: 12, state: "open", note: "" };
    const { chain, links, choices } = await promoteAndReplay(
      { ...find, result },
      { tool: "list", args },
    );
    expect(links).toEqual([]);
    expect(argumentsOf(chain)[1]).toEqual({ ...args, state: "${input.state}" });
    expect(choices.map(({ argument, others }) => [argument, others])).toEqual([
      ["from", ["${results.step_1.zero}"]],
      ["page", ["${results.step_1.one}"]],
      ["limit", ["${results.step_1.few}"]],
      ["state", ["${results.step_1.word}"]],
    ]);
  });

  test("is one all the same where both have the name of one id", async () => {
    const { chain } = await promoteAndReplay(
      { ...find, result: { user: { id: 7, name: "Ann" }, page: 2 } },
      { tool: "get", args: { user_id: 7, name: "Ann", page: 2 } },
    );
    expect(argumentsOf(chain)[1]).toEqual({
      user_id: "${results.step_1.user.id}",
      name: "${results.step_1.user.name}",
      page: 2,
    });
  });
});

describe("what the caller brought along", () => {
  test("becomes an input, one for the same value under the same name", async () => {
    const { chain } = await promoteAndReplay(
      { tool: "a", args: { repo: "acme/site", labels: ["bug", "ui"] } },
      { tool: "b", args: { repo: "acme/site", name: "x" } },
      { tool: "c", args: { repo: "acme/other", name: "y" } },
    );
    expect(chain.inputSchema).toEqual({
      type: "object",
      properties: {
        repo: { type: "string", default: "acme/site" },
        labels: { type: "array", default: ["bug", "ui"] },
        name: { type: "string", default: "x" },
        c_repo: { type: "string", default: "acme/other" },
        c_name: { type: "string", default: "y" },
      },
    });
  });

  test("stays what it is where the tool names the values that there are, and where it is a text of its own", async () => {
    const schema = {
      type: "object",
      properties: {
        order: { type: "string", enum: ["asc", "desc"] },
        size: { type: "string", default: "large" },
        id: { type: "integer", description: "Whose." },
      },
    };
    const args = { order: "asc", size: "large", id: 5, count: 20, sql: "SELECT 1\nFROM t" };
    const { chain } = await promoteAndReplay({ tool: "a", args, schema });
    expect(argumentsOf(chain)).toEqual([{ ...args, id: "${input.id}" }]);
    expect(chain.inputSchema).toEqual({
      type: "object",
      properties: { id: { type: "integer", description: "Whose.", default: 5 } },
    });
  });

  test("is asked for where the history does not know it", async () => {
    const { chain, fixture, inputs } = await promoteAndReplay(
      { tool: "login", args: { token: "[redacted]", url: "postgres://ann:[redacted]@db/x" } },
      { tool: "send", args: { token: "[redacted]", body: `long… (40 more)` } },
    );
    expect(argumentsOf(chain)[1]).toEqual({ token: "${input.token}", body: "${input.body}" });
    expect(chain.inputSchema).toMatchObject({ required: ["token", "url", "body"] });
    expect(JSON.stringify(chain)).not.toContain("redacted");
    expect(fixture.input).toMatchObject({ token: "[redacted]" });
    expect(inputs.every(({ isRequired }) => isRequired)).toBe(true);
  });

  test("never looks like a reference by chance", async () => {
    const args = {
      a: "costs $repo and ${HOME}",
      repo: "acme/site",
      b: "\\$repo $step_1.x $1\n",
      c: "$last_result",
    };
    const { chain } = await promoteAndReplay({ tool: "a", args }, { tool: "b", args: {} });
    expect(chain.inputSchema).toMatchObject({ properties: { a: { default: args.a } } });
    expect(argumentsOf(chain)[0]).toMatchObject({ b: "\\\\\\$repo \\$step_1.x $1\n" });
  });
});

describe("the test of a chain", () => {
  const said = [
    { ...find, result: issue },
    { tool: "get_issue", args: { id: "ISS-4711" } },
  ] as const;

  test("fails where a step would call something else, and says what", async () => {
    const { chain, fixture } = promote("daily", recorded(...said));
    const [first, second] = chain.steps as JsonObject[];
    const changed = { ...chain, steps: [first, { ...second, arguments: { id: "ISS-1" } }] };
    const { passed, steps } = await replay(changed as JsonObject, fixture);
    expect(passed).toBe(false);
    expect(steps[1]).toEqual({
      step: "step_2",
      server: "tracker",
      tool: "get_issue",
      same: false,
      arguments: { id: "ISS-1" },
      recorded: { server: "tracker", tool: "get_issue", arguments: { id: "ISS-4711" } },
    });
  });

  test("fails where a reference finds nothing, a step is missing, or one is new", async () => {
    const { chain, fixture } = promote("daily", recorded(...said));
    const without = fixture.calls.map(({ result: _result, ...rest }) => rest);
    const lost = await replay(chain, { ...fixture, calls: without });
    expect(lost.passed).toBe(false);
    expect(String(lost.steps[1]?.error)).toContain("items");
    const steps = chain.steps as JsonObject[];
    const [first = {}] = steps;
    const short = await replay({ ...chain, steps: [first] }, fixture);
    expect(short.steps[1]).toMatchObject({ same: false, error: "not called" });
    const long = await replay({ ...chain, steps: [...steps, first] }, fixture);
    expect(long.steps[2]).toMatchObject({ same: false, error: "not recorded" });
  });
});
