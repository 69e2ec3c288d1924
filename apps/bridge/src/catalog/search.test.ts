import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createSearch } from "./search.ts";
import { sameUris } from "./uris.ts";
import { buildView } from "./view.ts";
import { wordsOf } from "./words.ts";

/** Tools as well-known servers describe them. */
const SERVERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  github: {
    create_issue: "Create a new issue in a GitHub repository (owner, repo, title, body)",
    list_issues: "List and filter issues of a repository",
    create_pull_request: "Create a new pull request",
    merge_pull_request: "Merge a pull request into its base branch",
    search_repositories: "Search for GitHub repositories",
    fork_repository: "Fork a repository to your account",
    get_file_contents: "Get the contents of a file or directory of a repository",
  },
  files: {
    read_text_file: "Read the complete contents of a file as text",
    write_file: "Create a new file or overwrite an existing file",
    list_directory: "List all files and directories in a path",
    move_file: "Move or rename files and directories",
    searchFiles: "Recursively search for files matching a pattern",
  },
  database: {
    run_sql: "Run one SQL statement against Postgres and return its rows (sql, params)",
    list_tables: "List the tables of a schema with their row counts",
    describe_table: "Columns, indexes and constraints of a table (schema, table)",
    explain_query: "Explain how a query is executed",
  },
  slack: {
    post_message: "Post a message to a Slack channel (channel, text)",
    list_channels: "List public channels of the workspace",
    add_reaction: "Add an emoji reaction to a message",
  },
  browser: {
    navigate: "Open a URL in the browser",
    take_screenshot: "Take a screenshot of the page",
    click: "Click an element of the page",
  },
};

/** What people ask, and the tool that they mean. */
const JUDGED: readonly (readonly [string, string])[] = [
  ["create an issue on github", "github__create_issue"],
  ["open pull request", "github__create_pull_request"],
  ["merge PR pull", "github__merge_pull_request"],
  ["read a file", "files__read_text_file"],
  ["rename a file", "files__move_file"],
  ["search files by pattern", "files__searchFiles"],
  ["run sql query", "database__run_sql"],
  ["runsql", "database__run_sql"],
  ["postgress statement", "database__run_sql"],
  ["columns of a table", "database__describe_table"],
  ["which tables are there", "database__list_tables"],
  ["send slack message", "slack__post_message"],
  ["emoji", "slack__add_reaction"],
  ["screen shot of page", "browser__take_screenshot"],
  ["screnshot", "browser__take_screenshot"],
  ["open url", "browser__navigate"],
  ["fork repo", "github__fork_repository"],
  ["repositry search", "github__search_repositories"],
  ["neon schema tables", "database__list_tables"],
  ["list dir", "files__list_directory"],
];

const aliasesOf = (server: string) => (server === "database" ? ["neon"] : []);

test("what people mean is among the first three, and most often the first", () => {
  const search = createSearch(toolsOf(SERVERS), aliasesOf);
  const ranks = JUDGED.map(([query, wanted]) => ({
    query,
    wanted,
    rank: search.find(query).found.findIndex(({ name }) => name === wanted) + 1,
  }));
  expect(ranks.filter(({ rank }) => rank === 0 || rank > 3)).toEqual([]);
  const reciprocal = ranks.reduce((sum, { rank }) => sum + 1 / rank, 0) / ranks.length;
  expect(reciprocal).toBeGreaterThan(0.85);
});

test("words are split at case, digits' edges and punctuation", () => {
  expect(wordsOf("getHTTPResponse_v2-now größe")).toEqual([
    "get",
    "http",
    "response",
    "v2",
    "now",
    "größe",
  ]);
});

test("names of arguments are found, and nothing is found by words that nobody uses", () => {
  const tools = toolsOf({ a: { one: "", two: "" } }, { one: { recipient: {} } });
  const search = createSearch(tools);
  expect(search.find("recipient").found.map(({ name }) => name)).toEqual(["a__one"]);
  expect(search.find("xylophone")).toEqual({ total: 0, found: [] });
});

test("no words give every tool, by name", () => {
  const names = createSearch(toolsOf(SERVERS))
    .find(" ")
    .found.map(({ name }) => name);
  expect(names).toEqual(names.toSorted());
  expect(names).toHaveLength(22);
});

test("a search among 1,000 tools takes about a millisecond", () => {
  const many = Object.fromEntries(
    Array.from({ length: 46 }, (_, index) => [
      `s${index}`,
      Object.assign({}, ...Object.values(SERVERS)) as Record<string, string>,
    ]),
  );
  const search = createSearch(toolsOf(many));
  expect(search.find("").total).toBeGreaterThan(1_000);
  for (const [query] of JUDGED) search.find(query);
  const times = JUDGED.map(([query]) => {
    const begun = performance.now();
    search.find(query);
    return performance.now() - begun;
  });
  const median = times.toSorted((a, b) => a - b)[JUDGED.length / 2] ?? Number.NaN;
  // The stated bound is 2 ms; a machine that is busy elsewhere is given more.
  expect(median).toBeLessThan(10);
});

function toolsOf(
  servers: Readonly<Record<string, Readonly<Record<string, string>>>>,
  properties: Readonly<Record<string, JsonObject>> = {},
) {
  const lists = Object.entries(servers).map(([id, tools]) => ({
    id,
    tools: Object.entries(tools).map(([name, description]) => ({
      name,
      description,
      inputSchema: { type: "object", properties: properties[name] ?? {} },
    })),
    prompts: [],
    resources: [],
    templates: [],
  }));
  return buildView(lists, { prefix: "always", maxLength: 45 }, () => sameUris).tools;
}

test("misspelt words are understood, and so are names written in one or in two", () => {
  const search = createSearch(toolsOf(SERVERS), aliasesOf);
  const first = (query: string) => search.find(query).found[0]?.name;
  const said: [string, string][] = [
    ["creat isue", "github__create_issue"],
    ["slakc messge post", "slack__post_message"],
    ["explian qurey", "database__explain_query"],
    ["listdirectory", "files__list_directory"],
    ["take screen shot", "browser__take_screenshot"],
    ["descibe table", "database__describe_table"],
  ];
  expect(said.map(([query]) => [query, first(query)])).toEqual(said);
});

test("only what is accepted is counted, and a factor moves what is alike", () => {
  const search = createSearch(toolsOf({ a: { read: "Reads." }, b: { read: "Reads." } }));
  const names = (options?: Parameters<typeof search.find>[1]) =>
    search.find("read", options).found.map(({ name }) => name);
  expect(names()).toEqual(["a__read", "b__read"]);
  expect(names({ factor: { most: 2, of: ({ server }) => (server === "b" ? 1.1 : 1) } })).toEqual([
    "b__read",
    "a__read",
  ]);
  const accepts = ({ server }: { server: string }) => server === "b";
  expect(search.find("read", { accepts })).toMatchObject({
    total: 1,
    found: [{ name: "b__read" }],
  });
  expect(search.find("read", { limit: 1 })).toMatchObject({
    total: 2,
    found: [{ name: "a__read" }],
  });
});
