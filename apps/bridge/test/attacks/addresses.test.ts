import type { JsonObject } from "@trestle/protocol";
import { type Attack, type Attacked, attackedBridge, refuses } from "./_attacked.ts";
import { leadingNames } from "./_leading-names.ts";

/** What is added over REST, to a bridge for which these names of the public internet lead so. */
const env = leadingNames({
  "inside.example": ["127.0.0.1"],
  "metadata.example": ["169.254.169.254"],
  "six.example": ["::1"],
  "mapped.example": ["::ffff:10.0.0.1"],
});

const private_: readonly string[] = [
  ...["https://127.0.0.1/mcp", "https://localhost/mcp", "https://localhost./mcp", "https://0/mcp"],
  ...[
    "https://2130706433/mcp",
    "https://0x7f000001/mcp",
    "https://0177.0.0.1/mcp",
    "https://127.1/mcp",
  ],
  ...["https://10.0.0.1/mcp", "https://192.168.1.1/mcp", "https://172.31.255.255/mcp"],
  ...["https://169.254.169.254/latest/meta-data", "https://100.100.100.200/mcp"],
  ...[
    "https://[::1]/mcp",
    "https://[::]/mcp",
    "https://[fe80::1]/mcp",
    "https://[fd00:ec2::254]/mcp",
  ],
  ...[
    "https://[::ffff:127.0.0.1]/mcp",
    "https://[::ffff:a9fe:a9fe]/mcp",
    "https://[64:ff9b::7f00:1]/mcp",
  ],
  ...["https://[2002:7f00:1::]/mcp", "https://[::127.0.0.1]/mcp", "https://224.0.0.1/mcp"],
  ...["https://tracker/mcp", "https://metadata.google.internal/mcp", "https://printer.local/mcp"],
  ...["https://inside.example/mcp", "https://metadata.example/mcp", "https://six.example/mcp"],
  ...["https://mapped.example/mcp", "http://93.184.215.14/mcp", "https://１２７.0.0.1/mcp"],
  ...["https://127。0。0。1/mcp"],
];
const wrong: readonly string[] = [
  ...[
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "ftp://127.0.0.1/",
    "data:text/plain,x",
  ],
  ...["unix:/var/run/docker.sock", "//127.0.0.1/mcp", "127.0.0.1", "https://", "javascript:1"],
  ...["https://user:secret@93.184.215.14/mcp"],
];

const attacked = attackedBridge({}, env);
const add = (entry: JsonObject) => (it: Attacked) =>
  it.rest("admin", "servers", { body: { name: "two", entry } });
const refusedAs = (operation: string) => ({ event: "operation_refused", operation });

const urls: Attack[] = private_.map((url) => ({
  what: `the address ${url}`,
  send: add({ url }),
  refused: [403, "denied"],
  row: refusedAs("server_add"),
}));
const schemes: Attack[] = wrong.map((url) => ({
  what: `the address ${url}`,
  send: add({ url }),
  refused: [400, "invalid_input"],
  row: { event: "request_refused", status: 400 },
}));
const elsewhere: Attack[] = [
  [
    "a replica",
    add({ url: "https://93.184.215.14/mcp", replicas: ["https://127.0.0.1/mcp"] }),
    "server_add",
  ],
  [
    "an authorization server",
    add({ url: "https://93.184.215.14/mcp", oauth: { issuer: "http://169.254.169.254" } }),
    "server_add",
  ],
  [
    "a reference in place of an address",
    add({ url: "${BRIDGE:-http://127.0.0.1/mcp}" }),
    "server_add",
  ],
  [
    "an address beside a program",
    add({ url: "https://93.184.215.14/mcp", command: "id" }),
    "server_add",
  ],
  [
    "another address of a server that there is",
    (it: Attacked) =>
      it.rest("admin", "servers/one", {
        method: "PUT",
        body: { entry: { url: "http://127.0.0.1:1/mcp" } },
      }),
    "server_change",
  ],
  ...[
    "mcpServers.one.url",
    "upstreams.allowHosts",
    "upstreams",
    "events.allowHosts",
    "http.admin",
    "telemetry.endpoint",
    "access.oauth.jwksUri",
    "store.redis",
  ].map(
    (key) =>
      [
        `the key ${key}`,
        (it: Attacked) =>
          it.rest("admin", `config/${key}`, {
            method: "PUT",
            body: { value: "http://127.0.0.1:1" },
          }),
        "config_set",
      ] as const,
  ),
].map(([what, send, operation]) => ({
  what: String(what),
  send: send as Attack["send"],
  refused: [403, "denied"],
  row: refusedAs(String(operation)),
}));
refuses(attacked, [...urls, ...schemes, ...elsewhere]);
