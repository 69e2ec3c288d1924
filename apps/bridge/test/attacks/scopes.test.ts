import type { JsonObject } from "@trestle/protocol";
import { objectOf, objectsOf } from "../../src/cli/data.ts";
import { type Attack, type Attacked, attackedBridge, refuses } from "./_attacked.ts";
import type { Verdict } from "./_raw-http.ts";

/** `narrow` may call `one:echo`, `reader` may read at `one`, and nobody of them anything else. */
const attacked = attackedBridge({
  mcpServers: { guarded: { url: "https://guarded.example/mcp" } },
});

const denied = (tool: string, server = "one") => ({ event: "call_refused", server, tool });
const TAKES_TASKS = {
  "io.modelcontextprotocol/clientCapabilities": {
    extensions: { "io.modelcontextprotocol/tasks": {} },
  },
};
const UNKNOWN = { event: "request_refused", reason: "invalid params" };
const call = (name: string) => (it: Attacked) =>
  it.rpc("narrow", "tools/call", { name, arguments: {} });
const rest =
  (body: object, headers: [string, string][] = []) =>
  (it: Attacked) =>
    it.rest("narrow", "tool/call", { body: { arguments: {}, ...body }, headers });

/** Names that are nobody's: looked up as they are, and never taken apart. */
const unknownNames: Attack[] = [
  ["the name that was renamed away", "one__secret"],
  ["a server in capitals", "ONE__plain"],
  ["a Cyrillic letter", "one__plаin"],
  ["a letter of full width", "ｏne__plain"],
  ["underscores of full width", "one＿＿plain"],
  ["a letter without width", "one__pl\u200bain"],
  ["a combining mark", "one__pláin".normalize("NFD")],
  ["a trailing dot", "one__plain."],
  ["a NUL behind", "one__plain\u0000"],
  ["a NUL and a good name behind", "one__plain\u0000one__echo"],
  ["space around", " one__plain "],
  ["a newline", "one__echo\none__plain"],
  ["a way up", "one__echo/../plain"],
  ["an encoded way up", "one__echo%2f..%2fplain"],
  ["a star", "one__*"],
  ["nothing", ""],
  ["a list", "one__echo,one__plain"],
  ["the prototype", "__proto__"],
  ["what every object has", "constructor"],
  ["what every object has, of a server", "one__constructor"],
  ["a server of the prototype", "__proto____echo"],
].map(([what = "", name = ""]) => ({
  what: `${what} in the name of a tool`,
  send: call(name),
  refused: [200, -32602],
  row: UNKNOWN,
}));

const forbiddenNames: Attack[] = (
  [
    ["the new name of a tool", "one__plain", "secret"],
    ["the server's own name of it", "one.secret", "secret"],
    ["a tool whose name differs by a capital", "one__Secret", "Secret"],
    ["a tool that holds two underscores", "one__two__echo", "two__echo"],
    ["a server whose name begins with ours", "one-two__echo", "echo", "one-two"],
    ["that server with a dot", "one-two.echo", "echo", "one-two"],
  ] as const
).map(([what, name, tool, server]) => ({
  what,
  send: call(name),
  refused: [200, "denied"],
  row: denied(tool, server),
}));

const restNames: Attack[] = [
  {
    what: "an alias",
    send: rest({ tool: "secret", server: "uno" }),
    refused: [403, "denied"],
    row: denied("secret"),
  },
  {
    what: "another server in the body",
    send: rest({ tool: "echo", server: "one-two" }),
    refused: [403, "denied"],
    row: denied("echo", "one-two"),
  },
  {
    what: "another server in X-Server",
    send: rest({ tool: "echo" }, [["X-Server", "one-two"]]),
    refused: [403, "denied"],
    row: denied("echo", "one-two"),
  },
  {
    what: "a server in the body and another in X-Server",
    send: rest({ tool: "echo", server: "one" }, [["X-Server", "one-two"]]),
    refused: [400, "invalid_input"],
    row: { event: "request_refused", status: 400 },
  },
  {
    what: "two servers in one X-Server",
    send: rest({ tool: "echo" }, [["X-Server", "one, one-two"]]),
    refused: [404, "not_found"],
    row: { event: "request_refused", status: 404 },
  },
  {
    what: "X-Server twice",
    send: rest({ tool: "echo" }, [
      ["X-Server", "one"],
      ["X-Server", "one-two"],
    ]),
    refused: [403, "denied"],
    row: { event: "request_refused", reason: "repeated header" },
  },
  {
    what: "a prefix of a server in X-Server",
    send: rest({ tool: "echo" }, [["X-Server", "on"]]),
    refused: [404, "not_found"],
    row: { event: "request_refused", status: 404 },
  },
  {
    what: "a server in capitals in X-Server",
    send: rest({ tool: "secret" }, [["X-Server", "ONE"]]),
    refused: [404, "not_found"],
    row: { event: "request_refused", status: 404 },
  },
  {
    what: "a write by who may read",
    send: (it) => it.rest("reader", "tool/call", { body: { tool: "one.write", arguments: {} } }),
    refused: [403, "denied"],
    row: denied("write"),
  },
  {
    what: "a list of scopes in the key of a caller's own making",
    send: (it) => it.rest("narrow", "keys", { body: { name: "mine", scopes: ["*:*"] } }),
    refused: [403, "denied"],
    row: { event: "operation_refused", operation: "key_create" },
  },
];

/** What stands inside of an answer that is good as a whole. */
const inside =
  (pick: (data: JsonObject) => JsonObject | undefined) =>
  (verdict: Verdict): Verdict => {
    const data = objectOf(verdict.body.data);
    return { ...verdict, code: objectOf(pick(data)?.error).code as string };
  };
const first = inside((data) => objectsOf(data.results)[0]);
/** Of what failed inside of something that was done. */
const within = (verdict: Verdict): Verdict => ({
  ...verdict,
  code: /"code":"(denied)"/.exec(verdict.text)?.[1],
});
const step = (server: string, tool: string, args: JsonObject = {}) => ({
  ...{ server, tool, arguments: args },
});
const chain =
  (...steps: JsonObject[]) =>
  (it: Attacked) =>
    it.rest("narrow", "chain", { body: { name: "c", steps } }).then(within);

const roundabout: Attack[] = [
  {
    what: "a call of a batch",
    send: (it) =>
      it.rest("narrow", "tool/batch", { body: { calls: [{ tool: "one.secret" }] } }).then(first),
    refused: [200, "denied"],
    row: denied("secret"),
  },
  {
    what: "a batch in a batch",
    send: (it) =>
      it
        .rest("narrow", "tool/batch", {
          body: {
            calls: [{ tool: "bridge.batch", arguments: { calls: [{ tool: "one.secret" }] } }],
          },
        })
        .then(within),
    refused: [200, "denied"],
    row: denied("secret"),
  },
  {
    what: "a call by the tool that calls",
    send: (it) =>
      it.rpc("narrow", "tools/call", {
        name: "bridge__call_tool",
        arguments: { tool: "one.secret" },
      }),
    refused: [200, "denied"],
    row: denied("secret"),
  },
  {
    what: "a step of a chain",
    send: chain(step("one", "secret")),
    refused: [200, "denied"],
    row: denied("secret"),
  },
  {
    what: "a step of a chain, by an alias",
    send: chain(step("uno", "secret")),
    refused: [200, "denied"],
    row: denied("secret"),
  },
  {
    what: "a step of a chain at another server",
    send: chain(step("one-two", "echo")),
    refused: [200, "denied"],
    row: denied("echo", "one-two"),
  },
  {
    what: "a chain in a chain",
    send: chain(step("bridge", "run_chain", { steps: [step("one", "secret")] })),
    refused: [200, "denied"],
    row: denied("secret"),
  },
  {
    what: "a resource",
    send: (it) => it.rpc("narrow", "resources/read", { uri: "one+demo://secret" }),
    refused: [200, "denied"],
    row: denied("resources/read"),
  },
  {
    what: "a resource of a server whose name begins with ours",
    send: (it) => it.rpc("reader", "resources/read", { uri: "one-two+demo://secret" }),
    refused: [200, "denied"],
    row: denied("resources/read", "one-two"),
  },
  {
    what: "a resource without its server",
    send: (it) => it.rpc("narrow", "resources/read", { uri: "demo://secret" }),
    refused: [200, "denied"],
    row: denied("resources/read"),
  },
  {
    what: "a resource in capitals",
    send: (it) => it.rpc("narrow", "resources/read", { uri: "ONE+DEMO://secret" }),
    refused: [200, -32602],
    row: UNKNOWN,
  },
  {
    what: "a prompt",
    send: (it) =>
      it.rpc("narrow", "prompts/get", { name: "one__secret", arguments: { word: "a" } }),
    refused: [200, "denied"],
    row: denied("prompts/get"),
  },
  {
    what: "a completion",
    send: (it) =>
      it.rpc("narrow", "completion/complete", {
        ref: { type: "ref/prompt", name: "one__secret" },
        argument: { name: "word", value: "" },
      }),
    refused: [200, "denied"],
    row: denied("completion/complete"),
  },
  {
    what: "a task of somebody else",
    send: (it) =>
      it.rpc("narrow", "tasks/get", { taskId: "1", _meta: TAKES_TASKS }, [["Mcp-Name", "1"]]),
    refused: [200, -32602],
    row: UNKNOWN,
  },
  {
    what: "the administrator's operations as tools",
    send: call("bridge__key_create"),
    refused: [200, -32602],
    row: UNKNOWN,
  },
];

/** What is for whoever runs the bridge, whatever the scopes. */
const operations: Attack[] = (
  [
    ["doctor", "GET", "doctor"],
    ["alerts", "GET", "alerts"],
    ["webhooks", "GET", "webhooks"],
    ["pins", "GET", "pins"],
    ["sign_in", "POST", "sign-ins/guarded"],
  ] as const
).map(([operation, method, path]) => ({
  what: `${method} ${path} by who may call tools`,
  send: (it) => it.rest("narrow", path, { method, ...(method === "POST" && { body: {} }) }),
  refused: [403, "denied"],
  row: { event: "operation_refused", operation },
}));
const unseen: Attack = {
  what: "the definition of a tool that it may not call",
  send: (it) => it.rest("narrow", "tools/secret?server=one"),
  refused: [403, "denied"],
  row: denied("secret"),
};

refuses(attacked, [
  ...operations,
  unseen,
  ...unknownNames,
  ...forbiddenNames,
  ...restNames,
  ...roundabout,
]);
