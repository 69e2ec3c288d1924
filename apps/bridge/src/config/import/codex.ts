import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { type Host, KEY_VARIABLE, type RawEntry } from "./host.ts";
import { homeOf, pathsOf } from "./machine.ts";
import { sharedStdioEntry } from "./mcp-servers.ts";

export const codex: Host = {
  id: "codex",
  title: "Codex",
  format: "toml",
  restart: "start a new session of Codex",
  files(machine) {
    const { join } = pathsOf(machine);
    const { cwd, env } = machine;
    const keys = ["mcp_servers"];
    return [
      {
        path: join(env.CODEX_HOME || join(homeOf(machine), ".codex"), "config.toml"),
        scope: "user",
        sections: [{ keys }],
      },
      {
        path: join(cwd, ".codex", "config.toml"),
        scope: "project",
        sections: [{ keys, folder: cwd }],
      },
    ];
  },
  variables: "none",
  readEntry,
  stdioEntry: sharedStdioEntry,
  httpEntry: ({ url, needsKey }) => ({
    url,
    ...(needsKey && { bearer_token_env_var: KEY_VARIABLE }),
  }),
  wrap: (name, entry) => ({ mcp_servers: { [name]: entry } }),
};

/** How it signs in, and where it is started: nothing that could be left out. */
const VITAL_KEYS = ["scopes", "oauth_resource", "auth", "oauth", "experimental_environment"];

/** Its own words for what the bridge calls otherwise. */
function readEntry(raw: JsonObject): RawEntry {
  const entry: Record<string, JsonValue> = {};
  const dropped: string[] = [];
  const merge = (key: string, more: JsonObject): void => {
    const before = entry[key];
    entry[key] = { ...(isJsonObject(before) ? before : {}), ...more };
  };
  for (const [key, value] of Object.entries(raw)) {
    if (value === undefined) continue;
    if (["command", "args", "cwd", "url"].includes(key)) entry[key] = value;
    else if (key === "env" && isJsonObject(value)) merge("env", value);
    else if (key === "env_vars" && Array.isArray(value)) merge("env", forwarded(value));
    else if (key === "http_headers" && isJsonObject(value)) merge("headers", value);
    else if (key === "env_http_headers" && isJsonObject(value)) {
      merge(
        "headers",
        mapValues(value, (name) => `\${${name}}`),
      );
    } else if (key === "bearer_token_env_var")
      merge("headers", { Authorization: `Bearer \${${value}}` });
    else if (key === "enabled") entry.disabled = value === false;
    else if (key === "startup_timeout_sec") entry.startTimeoutMs = toMs(value);
    else if (key === "startup_timeout_ms") entry.startTimeoutMs = value;
    else if (key === "tool_timeout_sec") {
      entry.policy = { timeout: { attemptMs: toMs(value) } };
    } else if (key === "enabled_tools") merge("tools", { allow: value });
    else if (key === "disabled_tools") merge("tools", { deny: value });
    else dropped.push(key);
  }
  if (entry.disabled === false) delete entry.disabled;
  return { entry, dropped, vital: dropped.filter((key) => VITAL_KEYS.includes(key)) };
}

function toMs(seconds: JsonValue): number {
  return Math.round(Number(seconds) * 1_000);
}

/** Names of variables that are passed on, plain or with where they come from. */
function forwarded(list: readonly JsonValue[]): JsonObject {
  const names = list.map((item) => (isJsonObject(item) ? item.name : item));
  return Object.fromEntries(
    names.filter((name) => typeof name === "string").map((name) => [name, `\${${name}}`]),
  );
}

function mapValues(object: JsonObject, change: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, change(value ?? null)]),
  );
}
