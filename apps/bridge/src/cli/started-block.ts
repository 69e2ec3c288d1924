import type { UpstreamStatus } from "../bridge.ts";
import { bridgeStart } from "../config/import/bridge-start.ts";
import type { Config } from "../config/load.ts";
import type { Problem } from "../config/servers.ts";

export interface StartedFacts {
  readonly url: string;
  readonly pid: number;
  readonly logFile: string;
  /** The words that start this program. */
  readonly command: readonly string[];
  readonly config: Config;
  readonly servers: readonly UpstreamStatus[];
}

/** What a person reads when the bridge is up: where it is, what it serves, how to connect, where the log is. */
export function startedBlock(facts: StartedFacts): string {
  const { url, pid, logFile, config, servers } = facts;
  const header = "Authorization: Bearer <http.key>";
  const lines = [
    "Trestle is running",
    "",
    `  address   ${url}`,
    `  pid       ${pid}   (Ctrl-C, \`trestle stop\`, or SIGTERM to this pid ends it)`,
    `  config    ${config.file ?? "none: our own servers on their defaults (write a trestle.json to change that)"}`,
    `  home      ${config.home}`,
    `  log       ${logFile}`,
    "",
    ...serversBlock(servers, config.problems),
    "",
    "Connect",
    `  Claude Code      claude mcp add --transport http trestle ${url}${config.http.key ? ` --header "${header}"` : ""}`,
    `  Claude Desktop   add to claude_desktop_config.json, then restart it:`,
    `                   ${JSON.stringify(hostEntry(facts))}`,
    `  any HTTP client  POST ${url} (Streamable HTTP${config.http.key ? `, with ${header}` : ""})`,
  ];
  return lines.join("\n");
}

/** What a stdio host is told, so that it joins this very bridge. */
function hostEntry({ command, config }: StartedFacts): object {
  const start = bridgeStart({ command, platform: process.platform, config, file: config.file });
  return { mcpServers: { trestle: start } };
}

/** Each server with its tools or its failure, then what is wrong with the entries. */
export function serversBlock(
  servers: readonly UpstreamStatus[],
  problems: readonly Problem[],
): string[] {
  const warnings = servers.flatMap(({ server, warnings = [] }) =>
    warnings.map((message) => ({ server, level: "warning", message }) as const),
  );
  return ["Servers", ...serverLines(servers), ...problemLines([...problems, ...warnings])];
}

function serverLines(servers: readonly UpstreamStatus[]): string[] {
  if (servers.length === 0) return ["  none are configured"];
  const width = Math.max(...servers.map(({ server }) => server.length));
  return servers.map((status) => {
    const { server, kind, tools } = status;
    return `  ${server.padEnd(width)}  ${kind.padEnd(8)}  ${`${tools} tools`.padEnd(9)} ${stateOf(status)}`.trimEnd();
  });
}

function stateOf({ problem, settled, health, isDegraded }: UpstreamStatus): string {
  const reason = problem ?? (isDegraded ? health.lastError : undefined);
  if (reason === undefined) return settled ? "" : "starting";
  const last = health.stderr.at(-1);
  const word = isDegraded ? "DEGRADED, its last list is served" : "FAILED";
  return `${word}: ${reason}${last ? ` — last stderr line: ${last}` : ""}`;
}

function problemLines(problems: readonly Problem[]): string[] {
  return problems.map(({ server, level, message }) => {
    const mark = level === "error" ? "NOT SERVED" : "warning";
    return `  ${server}: ${mark}: ${message}`;
  });
}
