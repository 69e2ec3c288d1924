import { describe, expect, test } from "vitest";
import { schemaChecks } from "./schema-checks.ts";
import { readServers } from "./servers.ts";

const read = (entries: Record<string, unknown>, env: Record<string, string> = {}) =>
  readServers(entries, { env, folder: "/nowhere" }, schemaChecks);
const ids = (entries: Record<string, unknown>): string[] =>
  read(entries).servers.map(({ id }) => id);

describe("readServers", () => {
  test("takes entries as hosts write them", () => {
    const { servers, problems } = read({
      files: { command: "npx", args: ["-y", "x"], env: { A: "1" } },
      web: { url: "https://example.org/mcp", headers: { A: "b" }, type: "http" },
      db: { embedded: "database" },
    });
    expect(servers.map(({ id, kind }) => [id, kind])).toEqual([
      ["files", "stdio"],
      ["web", "http"],
      ["db", "embedded"],
    ]);
    expect(problems).toEqual([]);
  });

  test.each([
    ["text", "must be an object with `command`, `url` or `embedded`"],
    [[1], "must be an object with `command`, `url` or `embedded`"],
    [null, "must be an object with `command`, `url` or `embedded`"],
    [{}, "needs one of `command`, `url` or `embedded`"],
    [
      { comand: "x" },
      'needs one of `command`, `url` or `embedded`; did you mean "command" by "comand"?',
    ],
    [{ url: "ftp://x" }, "url: Invalid URL"],
    [{ command: "${NOT_SET}" }, "command: ${NOT_SET} is not set"],
  ])("leaves out %j and says why", (entry, message) => {
    const { servers, problems } = read({ bad: entry, good: { command: "x" } });
    expect(servers.map(({ id }) => id)).toEqual(["good"]);
    expect(problems).toMatchObject([{ server: "bad", level: "error", message }]);
  });

  test("warns of an unknown key and serves the entry", () => {
    const { servers, problems } = read({ a: { command: "x", arg: [], autoApprove: [] } });
    expect(servers).toHaveLength(1);
    expect(problems.map(({ level, message }) => [level, message])).toEqual([
      ["warning", 'unknown key "arg" is ignored (did you mean "args"?)'],
      ["warning", 'unknown key "autoApprove" is ignored'],
    ]);
  });

  test("says nothing of a disabled entry and leaves it out", () => {
    expect(read({ a: { command: "x", disabled: true } })).toMatchObject({
      servers: [],
      problems: [],
    });
  });

  test("makes an id of an odd name and reports it", () => {
    const { servers, problems } = read({ "My Server (new)!": { command: "x" } });
    expect(servers[0]?.id).toBe("my-server-new");
    expect(problems[0]).toMatchObject({ level: "warning", server: "My Server (new)!" });
    expect(problems[0]?.message).toContain('"my-server-new"');
  });

  test.each([
    [
      ["a b", "a-b", "A B"],
      ["a-b-2", "a-b", "a-b-3"],
    ],
    [
      ["名前", "!!!"],
      ["server", "server-2"],
    ],
    [
      ["a-very-long-name-of-a-server", "a-very-long-name-of-another"],
      ["a-very-long-name", "a-very-long-na-2"],
    ],
  ])("keeps %j apart", (names, expected) => {
    const found = ids(Object.fromEntries(names.map((name) => [name, { command: "x" }])));
    expect(found).toEqual(expected);
    for (const id of found) expect(id).toMatch(/^[a-z0-9-]{1,16}$/);
  });

  test("puts values of the environment in, at any depth, or what stands behind :-", () => {
    const { servers } = read(
      { a: { command: "${BIN}", args: ["--x=${X:-none}", "${EMPTY:-}"], env: { K: "a${BIN}b" } } },
      { BIN: "run" },
    );
    expect(servers[0]?.entry).toEqual({
      command: "run",
      args: ["--x=none", ""],
      env: { K: "arunb" },
    });
  });
});
